import { viewOf } from '../bytes.ts'
import { Fmp4Error } from '../errors.ts'

/** @returns How many bytes {@link setNals} writes. */
export function nalListLength(nals: readonly Uint8Array[]): number {
  return nals.reduce((sum, nal) => sum + 2 + nal.length, 0)
}

/**
 * Writes NAL units, each behind its length in two bytes, as they stand in `avcC` and `hvcC`.
 * @returns The offset behind them.
 */
export function setNals(bytes: Uint8Array, start: number, nals: readonly Uint8Array[]): number {
  let offset = start
  for (const nal of nals) {
    viewOf(bytes).setUint16(offset, nal.length)
    bytes.set(nal, offset + 2)
    offset += 2 + nal.length
  }
  return offset
}

/**
 * Reads NAL units, each behind its length in two bytes.
 * @param box - Type of the box, for the error.
 * @returns Views into `bytes`, and the offset behind them.
 * @throws Fmp4Error FMP4_TRUNCATED
 */
export function takeNals(
  bytes: Uint8Array,
  { box, start, count }: { box: string; start: number; count: number },
): { nals: Uint8Array[]; end: number } {
  const nals: Uint8Array[] = []
  let end = start
  for (let i = 0; i < count; i++) {
    const length = ((bytes[end] ?? 0) << 8) | (bytes[end + 1] ?? 0)
    if (end + 2 + length > bytes.length) throw new Fmp4Error('FMP4_TRUNCATED', { box })
    nals.push(bytes.subarray(end + 2, end + 2 + length))
    end += 2 + length
  }
  return { nals, end }
}
