import type { FileHandle } from 'node:fs/promises'

import { type NalSyntax, nalSyntaxes, type SampleTable } from '@hksv/fmp4'

import { lengthPrefixedNalUnits, type PictureFormat } from '../picture/length-prefixed.ts'
import { readExactly } from './movie-file.ts'

/** Samples that are opened to look for a key picture; further ones are believed. */
const maxLooks = 20_000
/** Usually enough to reach the first slice. */
const lookLength = 4096
/** More than there can be at one time: 16 VPS, 16 SPS, 64 PPS. */
const maxParameterSets = 100
/** More pictures than that cannot come between a key picture and what is shown behind it. */
const maxLeading = 16

/** What was found among the sync samples of a file. */
export interface KeyFrames {
  /** Pictures that a recording can begin with: indices, ascending. */
  readonly indices: readonly number[]
  /** How many others were there, behind which pictures need what came before (H.265). */
  readonly openCount: number
  /** Parameter sets in the samples, each once, in order; copies. */
  readonly parameterSets: readonly Uint8Array[]
}

/**
 * Finds the pictures that a recording can begin with among what a file calls sync samples, which may
 * also be recovery points of H.264, or CRA pictures of H.265 in an open group of pictures.
 * @throws MediaError MEDIA_READ
 */
export async function findKeyFrames(
  handle: FileHandle,
  table: SampleTable,
  format: PictureFormat,
): Promise<KeyFrames> {
  const syntax = nalSyntaxes[format.codec]
  const indices: number[] = []
  const parameterSets = new Map<string, Uint8Array>()
  let openCount = 0
  let looks = 0
  for (let index = 0; index < table.count; index++) {
    if (table.isSync[index] !== 1) continue
    if (looks++ >= maxLooks) {
      indices.push(index)
      continue
    }
    const start = await lookInto(handle, table, { index, format })
    for (const nal of start.parameterSets)
      if (parameterSets.size < maxParameterSets)
        parameterSets.set(Buffer.from(nal).toString('latin1'), nal)
    const { type } = start
    if (type === undefined || !syntax.isKey(type)) continue
    const next = (ahead: number) => lookInto(handle, table, { index: index + ahead, format })
    if (syntax.mayBeOpen(type) && (await isOpen(next, syntax))) openCount++
    else indices.push(index)
  }
  return { indices, openCount, parameterSets: [...parameterSets.values()] }
}

/** @param next - Gives a picture that comes so much behind the key picture. */
async function isOpen(
  next: (ahead: number) => Promise<PictureStart>,
  syntax: NalSyntax,
): Promise<boolean> {
  for (let ahead = 1; ahead <= maxLeading; ahead++) {
    const { type } = await next(ahead)
    if (type === undefined || !syntax.isLeading(type)) return false
    if (syntax.isLost(type)) return true
  }
  return false
}

/** What stands in a sample up to its first slice. */
interface PictureStart {
  /** Of the first slice; undefined without one. */
  readonly type: number | undefined
  readonly parameterSets: readonly Uint8Array[]
}

async function lookInto(
  handle: FileHandle,
  table: SampleTable,
  { index, format }: { index: number; format: PictureFormat },
): Promise<PictureStart> {
  const offset = table.offsets[index] ?? 0
  const size = table.sizes[index] ?? 0
  const start = pictureStart(await readExactly(handle, offset, Math.min(size, lookLength)), format)
  if (start.type !== undefined || size <= lookLength) return start
  return pictureStart(await readExactly(handle, offset, size), format)
}

/** The first slice is found when its header is in `data`, however far the slice reaches. */
function pictureStart(data: Uint8Array, { codec, lengthSize }: PictureFormat): PictureStart {
  const syntax = nalSyntaxes[codec]
  const parameterSets: Uint8Array[] = []
  let at = 0
  for (const nal of lengthPrefixedNalUnits(data, lengthSize)) {
    const type = syntax.typeOf(nal)
    if (syntax.isSlice(type)) return { type, parameterSets }
    if (syntax.isParameterSet(type)) parameterSets.push(nal.slice())
    at = nal.byteOffset - data.byteOffset + nal.length
  }
  const rest = data.subarray(at + lengthSize)
  const type = syntax.typeOf(rest)
  return { type: rest.length > 0 && syntax.isSlice(type) ? type : undefined, parameterSets }
}
