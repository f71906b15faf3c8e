import type { FileHandle } from 'node:fs/promises'

import { nalTypes, type SampleTable } from '@hksv/fmp4'

import { avccNalUnits } from '../h264/avcc.ts'
import { readExactly } from './movie-file.ts'

/** Samples that are opened to look for an IDR slice; further ones are believed. */
const maxLooks = 20_000
/** Usually enough to reach the first slice. */
const lookLength = 4096

/**
 * Finds the IDR pictures among what a file calls sync samples, which may also be recovery points.
 * @returns Indices, ascending.
 * @throws MediaError MEDIA_READ
 */
export async function findKeyFrames(
  handle: FileHandle,
  table: SampleTable,
  lengthSize: number,
): Promise<number[]> {
  const found: number[] = []
  let looks = 0
  for (let index = 0; index < table.count; index++) {
    if (table.isSync[index] !== 1) continue
    if (looks++ >= maxLooks || (await isIdr(handle, table, { index, lengthSize })))
      found.push(index)
  }
  return found
}

async function isIdr(
  handle: FileHandle,
  table: SampleTable,
  { index, lengthSize }: { index: number; lengthSize: number },
): Promise<boolean> {
  const offset = table.offsets[index] ?? 0
  const size = table.sizes[index] ?? 0
  const start = await readExactly(handle, offset, Math.min(size, lookLength))
  const type = firstSliceType(start, lengthSize)
  if (type !== undefined || size <= lookLength) return type === nalTypes.idrSlice
  return firstSliceType(await readExactly(handle, offset, size), lengthSize) === nalTypes.idrSlice
}

/** @returns The type of the first slice whose header is in `data`, however far the slice reaches. */
function firstSliceType(data: Uint8Array, lengthSize: number): number | undefined {
  let at = 0
  for (const nal of avccNalUnits(data, lengthSize)) {
    if (isSlice(nal[0])) return (nal[0] ?? 0) & 0x1f
    at = nal.byteOffset - data.byteOffset + nal.length
  }
  const header = data[at + lengthSize]
  return isSlice(header) ? (header ?? 0) & 0x1f : undefined
}

function isSlice(header: number | undefined): boolean {
  const type = (header ?? 0) & 0x1f
  return type >= nalTypes.slice && type <= nalTypes.idrSlice
}
