import { nalSyntaxes, type VideoCodec } from '@hksv/fmp4'

/**
 * Walks the NAL units of a sample of H.264 or H.265, each behind its length.
 * @param lengthSize - Bytes of the length: 1, 2 or 4.
 * @returns Views into `data`, none empty. A unit that is cut short, and what follows it, is left out.
 * @see ISO/IEC 14496-15 §5.3.4.2 and §8.3.2
 */
export function* lengthPrefixedNalUnits(
  data: Uint8Array,
  lengthSize: number,
): Generator<Uint8Array> {
  let at = 0
  while (at + lengthSize <= data.length) {
    let length = 0
    for (let i = 0; i < lengthSize; i++) length = length * 256 + (data[at + i] ?? 0)
    at += lengthSize
    if (at + length > data.length) return
    if (length > 0) yield data.subarray(at, at + length)
    at += length
  }
}

/** How the pictures of a track are stored. */
export interface PictureFormat {
  readonly codec: VideoCodec
  /** Bytes of the length in front of each NAL unit: 1, 2 or 4. */
  readonly lengthSize: number
}

/** A picture as it goes into a recording. */
export interface LengthPrefixedPicture {
  /** NAL units behind 4-byte lengths. */
  readonly data: Uint8Array
  /**
   * Whether decoding can begin with it: an IDR picture, in H.265 any IRAP picture. Recovery points of
   * H.264 are none.
   */
  readonly isSync: boolean
}

/**
 * Prepares a picture of a file for a recording: keeps slices and SEI, drops parameter sets, access unit
 * delimiters, filler, layers beside the base layer and all else, and writes 4-byte lengths.
 * @returns A picture whose data is `data` itself when nothing had to change; nothing without a slice.
 */
export function lengthPrefixedPicture(
  data: Uint8Array,
  { codec, lengthSize }: PictureFormat,
): LengthPrefixedPicture | undefined {
  const syntax = nalSyntaxes[codec]
  const kept: Uint8Array[] = []
  let length = 0
  let hasSlice = false
  let isSync = false
  for (const nal of lengthPrefixedNalUnits(data, lengthSize)) {
    if (!syntax.isContent(nal)) continue
    const type = syntax.typeOf(nal)
    kept.push(nal)
    length += 4 + nal.length
    hasSlice ||= syntax.isSlice(type)
    isSync ||= syntax.isKey(type)
  }
  if (!hasSlice) return undefined
  // 4-byte lengths, and every byte belongs to a kept unit: there is nothing to change.
  if (lengthSize === 4 && length === data.length) return { data, isSync }
  return { data: joinNalUnits(kept, length), isSync }
}

function joinNalUnits(nals: readonly Uint8Array[], length: number): Uint8Array {
  const data = new Uint8Array(length)
  const view = new DataView(data.buffer)
  let at = 0
  for (const nal of nals) {
    view.setUint32(at, nal.length)
    data.set(nal, at + 4)
    at += 4 + nal.length
  }
  return data
}
