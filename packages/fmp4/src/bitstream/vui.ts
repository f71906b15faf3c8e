import type { BitReader } from './bit-reader.ts'

/** Video usability information. A field is there when the stream says it. */
export interface Vui {
  /** Width to height of one pixel. */
  readonly sampleAspectRatio?: { readonly width: number; readonly height: number }
  readonly isFullRange?: boolean
  /** From time_scale and num_units_in_tick; a promise that cameras often break. */
  readonly framesPerSecond?: number
  /** 0 says that there are no B frames. */
  readonly maxReorderFrames?: number
}

/** A {@link Vui} that is being read. */
export type VuiDraft = { -readonly [Key in keyof Vui]: Vui[Key] }

/** aspect_ratio_idc 1 to 16. @see ITU-T H.264 table E-1, ITU-T H.265 table E.1 */
const aspectRatios: readonly (readonly [number, number])[] = [
  ...([
    [1, 1],
    [12, 11],
    [10, 11],
    [16, 11],
    [40, 33],
    [24, 11],
  ] as const),
  ...([
    [20, 11],
    [32, 11],
    [80, 33],
    [18, 11],
    [15, 11],
    [64, 33],
  ] as const),
  ...([
    [160, 99],
    [4, 3],
    [3, 2],
    [2, 1],
  ] as const),
]

/**
 * Reads the beginning of a VUI, which is the same in H.264 and H.265: up to the places of the chroma
 * samples.
 * @throws Fmp4Error FMP4_BITSTREAM when it ends too early.
 * @see ITU-T H.264 §E.1.1, ITU-T H.265 §E.2.1
 */
export function readVuiHead(reader: BitReader, vui: VuiDraft): void {
  if (reader.flag()) {
    const ratio = readAspectRatio(reader)
    if (ratio !== undefined) vui.sampleAspectRatio = ratio
  }
  if (reader.flag()) reader.flag() // overscan_appropriate_flag
  if (reader.flag()) {
    reader.bits(3) // video_format
    vui.isFullRange = reader.flag()
    if (reader.flag()) reader.bits(24) // primaries, transfer, matrix
  }
  if (reader.flag()) {
    reader.ue() // chroma sample locations
    reader.ue()
  }
}

function readAspectRatio(reader: BitReader) {
  const idc = reader.bits(8)
  const [width, height] =
    idc === 255 ? [reader.bits(16), reader.bits(16)] : (aspectRatios[idc - 1] ?? [0, 0])
  return width > 0 && height > 0 ? { width, height } : undefined
}
