import { BitReader } from '../bitstream/bit-reader.ts'
import { removeEmulationPrevention } from '../bitstream/emulation-prevention.ts'
import type { Vui, VuiDraft } from '../bitstream/vui.ts'
import { Fmp4Error, isFmp4Error } from '../errors.ts'
import { readVui } from './vui.ts'

/** A sequence parameter set, as far as a container or a camera needs it. */
export interface Sps {
  /** profile_idc: 66 baseline, 77 main, 100 high. */
  readonly profile: number
  /** The byte of constraint flags. */
  readonly compatibility: number
  /** level_idc: 31 is level 3.1. */
  readonly level: number
  readonly id: number
  /** chroma_format_idc: 1 is 4:2:0. */
  readonly chromaFormat: number
  readonly bitDepthLuma: number
  readonly bitDepthChroma: number
  /** Width of the picture after cropping, in pixels. */
  readonly width: number
  /** Height of the picture after cropping, in pixels. */
  readonly height: number
  readonly maxReferenceFrames: number
  /** Pictures are shown in decoding order when this is 2. */
  readonly pictureOrderCountType: number
  /** Whether every picture is a frame, not a field. */
  readonly isProgressive: boolean
  /** Video usability information; empty when there is none. */
  readonly vui: Vui
  /** The VUI was cut short or nonsense; what was read up to there is in `vui`. */
  readonly isVuiDamaged: boolean
}

/** Profiles whose SPS tells the chroma format. @see ITU-T H.264 §7.3.2.1.1 */
const chromaProfiles: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135, 144,
])

/** @returns Whether `avcC` carries chroma format and bit depths for this profile. */
export function hasChromaFields(profile: number): boolean {
  return chromaProfiles.has(profile)
}

/**
 * Reads a sequence parameter set. Damage in the VUI, seen in cameras, does not lose the size.
 * @param nal - NAL unit with its header, with emulation prevention bytes.
 * @throws Fmp4Error FMP4_BITSTREAM when it ends before the size is known.
 * @see ITU-T H.264 §7.3.2.1.1
 */
export function parseSps(nal: Uint8Array): Sps {
  const reader = new BitReader(removeEmulationPrevention(nal).subarray(1))
  const profile = reader.bits(8)
  const compatibility = reader.bits(8)
  const level = reader.bits(8)
  const id = reader.ue()
  const chroma = readChroma(reader, profile)
  reader.ue() // log2_max_frame_num_minus4
  const pictureOrderCountType = reader.ue()
  skipPictureOrderCount(reader, pictureOrderCountType)
  const maxReferenceFrames = reader.ue()
  reader.flag() // gaps_in_frame_num_value_allowed_flag
  const size = readSize(reader, chroma.chromaFormat)
  const vui: VuiDraft = {}
  let isVuiDamaged = false
  try {
    if (reader.flag()) readVui(reader, vui)
  } catch (error) {
    if (!isFmp4Error(error)) throw error
    isVuiDamaged = true
  }
  return {
    ...{ profile, compatibility, level, id, ...chroma, ...size },
    ...{ maxReferenceFrames, pictureOrderCountType, vui, isVuiDamaged },
  }
}

function readChroma(reader: BitReader, profile: number) {
  if (!hasChromaFields(profile)) return { chromaFormat: 1, bitDepthLuma: 8, bitDepthChroma: 8 }
  const chromaFormat = reader.ue()
  if (chromaFormat === 3) reader.flag() // separate_colour_plane_flag
  const bitDepthLuma = reader.ue() + 8
  const bitDepthChroma = reader.ue() + 8
  reader.flag() // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) {
    const lists = chromaFormat === 3 ? 12 : 8
    for (let list = 0; list < lists; list++)
      if (reader.flag()) skipScalingList(reader, list < 6 ? 16 : 64)
  }
  return { chromaFormat, bitDepthLuma, bitDepthChroma }
}

function skipScalingList(reader: BitReader, length: number): void {
  let last = 8
  for (let i = 0; i < length; i++) {
    const next = (((last + reader.se()) % 256) + 256) % 256
    if (next === 0) return
    last = next
  }
}

function skipPictureOrderCount(reader: BitReader, type: number): void {
  if (type === 0) reader.ue()
  if (type !== 1) return
  reader.flag()
  reader.se()
  reader.se()
  for (let count = reader.ue(); count > 0; count--) reader.se()
}

function readSize(reader: BitReader, chromaFormat: number) {
  const codedWidth = 16 * (reader.ue() + 1)
  const mapUnits = reader.ue() + 1
  const isProgressive = reader.flag()
  const fields = isProgressive ? 1 : 2
  if (!isProgressive) reader.flag() // mb_adaptive_frame_field_flag
  reader.flag() // direct_8x8_inference_flag
  const codedHeight = 16 * mapUnits * fields
  if (!reader.flag()) return { width: codedWidth, height: codedHeight, isProgressive }
  const [left, right, top, bottom] = [reader.ue(), reader.ue(), reader.ue(), reader.ue()]
  const unitX = chromaFormat === 0 || chromaFormat === 3 ? 1 : 2
  const unitY = (chromaFormat === 1 ? 2 : 1) * fields
  const width = codedWidth - unitX * (left + right)
  const height = codedHeight - unitY * (top + bottom)
  if (width <= 0 || height <= 0)
    throw new Fmp4Error('FMP4_BITSTREAM', { detail: 'more is cropped than there is' })
  return { width, height, isProgressive }
}
