import type { BitReader } from './bit-reader.ts'

/** Video usability information. A field is there when the stream says it. */
export interface Vui {
  /** Width to height of one pixel. */
  readonly sampleAspectRatio?: { readonly width: number; readonly height: number }
  readonly isFullRange?: boolean
  /** time_scale / (2 * num_units_in_tick); a promise that cameras often break. */
  readonly framesPerSecond?: number
  /** 0 says that there are no B frames. */
  readonly maxReorderFrames?: number
}

/** aspect_ratio_idc 1 to 16. @see ITU-T H.264 table E-1 */
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
 * Reads the VUI into `vui`, so that what came before damage is kept.
 * @throws Fmp4Error FMP4_BITSTREAM when it ends too early.
 * @see ITU-T H.264 §E.1.1
 */
export function readVui(reader: BitReader, vui: { -readonly [Key in keyof Vui]: Vui[Key] }): void {
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
  if (reader.flag()) {
    const unitsInTick = reader.bits(32)
    const timeScale = reader.bits(32)
    reader.flag() // fixed_frame_rate_flag
    if (unitsInTick > 0 && timeScale > 0) vui.framesPerSecond = timeScale / (2 * unitsInTick)
  }
  const hasNalHrd = reader.flag()
  if (hasNalHrd) skipHrd(reader)
  const hasVclHrd = reader.flag()
  if (hasVclHrd) skipHrd(reader)
  if (hasNalHrd || hasVclHrd) reader.flag() // low_delay_hrd_flag
  reader.flag() // pic_struct_present_flag
  if (!reader.flag()) return
  reader.flag() // motion_vectors_over_pic_boundaries_flag
  for (let i = 0; i < 4; i++) reader.ue()
  vui.maxReorderFrames = reader.ue()
}

function readAspectRatio(reader: BitReader) {
  const idc = reader.bits(8)
  const [width, height] =
    idc === 255 ? [reader.bits(16), reader.bits(16)] : (aspectRatios[idc - 1] ?? [0, 0])
  return width > 0 && height > 0 ? { width, height } : undefined
}

function skipHrd(reader: BitReader): void {
  const count = reader.ue() + 1
  reader.bits(8) // scales
  for (let i = 0; i < count; i++) {
    reader.ue()
    reader.ue()
    reader.flag()
  }
  reader.bits(20) // lengths
}
