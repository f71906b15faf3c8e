import type { FileHandle } from 'node:fs/promises'

const HEADER_LENGTH = 8
const LARGE_HEADER_LENGTH = 16

/** Where the parts of a fragmented MP4 end that are there as a whole, in bytes. */
export interface WholeParts {
  /** Of `ftyp` and `moov`; 0 when they are not there. */
  readonly initEnd: number
  /** Of each `moof` with its `mdat`. */
  readonly fragmentEnds: readonly number[]
}

/**
 * Finds the fragments of a file that whoever wrote it did not finish.
 *
 * @see ISO/IEC 14496-12 4.2 (box), 8.8.4 (moof)
 */
export async function wholeParts(file: FileHandle): Promise<WholeParts> {
  const { size } = await file.stat()
  const fragmentEnds: number[] = []
  let initEnd = 0
  let hasMoof = false
  for (let offset = 0; offset < size; ) {
    const box = await readHeader(file, offset)
    if (box === undefined || box.end > size) break
    offset = box.end
    if (box.type === 'moov' && initEnd === 0) initEnd = offset
    if (initEnd > 0 && box.type === 'moof') hasMoof = true
    if (hasMoof && box.type === 'mdat') {
      fragmentEnds.push(offset)
      hasMoof = false
    }
  }
  return { initEnd, fragmentEnds }
}

/** @returns Nothing for what is no box, like the zeros that a power cut leaves. */
async function readHeader(
  file: FileHandle,
  offset: number,
): Promise<{ readonly type: string; readonly end: number } | undefined> {
  const header = Buffer.alloc(LARGE_HEADER_LENGTH)
  const { bytesRead } = await file.read(header, 0, LARGE_HEADER_LENGTH, offset)
  if (bytesRead < HEADER_LENGTH) return
  const short = header.readUInt32BE(0)
  const isLarge = short === 1
  if (isLarge && bytesRead < LARGE_HEADER_LENGTH) return
  const length = isLarge ? Number(header.readBigUInt64BE(8)) : short
  if (length < (isLarge ? LARGE_HEADER_LENGTH : HEADER_LENGTH)) return
  return { type: header.toString('latin1', 4, 8), end: offset + length }
}
