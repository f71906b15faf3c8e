import { BitReader } from '../bitstream/bit-reader.ts'
import { removeEmulationPrevention } from '../bitstream/emulation-prevention.ts'
import type { Vui } from '../bitstream/vui.ts'
import { Fmp4Error, isFmp4Error } from '../errors.ts'
import { type ProfileTierLevel, readProfileTierLevel, skipSubLayers } from './profile-tier-level.ts'
import { readSpsTail, type SpsTail } from './sps-tail.ts'

/** A sequence parameter set of H.265, as far as a container or a camera needs it. */
export interface HevcSps extends ProfileTierLevel {
  readonly id: number
  /** How many temporal sub-layers there are at most: 1 to 7. */
  readonly maxSubLayers: number
  readonly isTemporalIdNested: boolean
  /** chroma_format_idc: 1 is 4:2:0. */
  readonly chromaFormat: number
  readonly bitDepthLuma: number
  readonly bitDepthChroma: number
  /** Width of the picture inside the conformance window, in pixels. */
  readonly width: number
  /** Height of the picture inside the conformance window, in pixels. */
  readonly height: number
  /** 0 says that there are no B frames; absent when it was not reached. */
  readonly maxReorderPictures?: number
  /** Video usability information; empty when there is none. */
  readonly vui: Vui
  /** What follows the bit depths was cut short or nonsense; what was read up to there is here. */
  readonly isTailDamaged: boolean
}

/**
 * Reads a sequence parameter set of H.265. Damage behind the bit depths does not lose the size.
 * @param nal - NAL unit with its two-byte header, with emulation prevention bytes.
 * @throws Fmp4Error FMP4_BITSTREAM when it ends before the bit depths, or holds what no SPS can.
 * @see ITU-T H.265 §7.3.2.2.1
 */
export function parseHevcSps(nal: Uint8Array): HevcSps {
  const reader = new BitReader(removeEmulationPrevention(nal).subarray(2))
  reader.bits(4) // sps_video_parameter_set_id
  const maxSubLayersMinus1 = bounded(reader.bits(3), 6, 'sub-layers')
  const isTemporalIdNested = reader.flag()
  const profileTierLevel = readProfileTierLevel(reader)
  skipSubLayers(reader, maxSubLayersMinus1)
  const id = bounded(reader.ue(), 15, 'id')
  const chromaFormat = bounded(reader.ue(), 3, 'chroma format')
  if (chromaFormat === 3) reader.flag() // separate_colour_plane_flag
  const size = readSize(reader, chromaFormat)
  const bitDepthLuma = bounded(reader.ue(), 8, 'bit depth') + 8
  const bitDepthChroma = bounded(reader.ue(), 8, 'bit depth') + 8
  const tail: SpsTail = { vui: {} }
  let isTailDamaged = false
  try {
    readSpsTail(reader, maxSubLayersMinus1, tail)
  } catch (error) {
    if (!isFmp4Error(error)) throw error
    isTailDamaged = true
  }
  return {
    ...{ ...profileTierLevel, id, maxSubLayers: maxSubLayersMinus1 + 1, isTemporalIdNested },
    ...{ chromaFormat, bitDepthLuma, bitDepthChroma, ...size, ...tail, isTailDamaged },
  }
}

function readSize(reader: BitReader, chromaFormat: number): { width: number; height: number } {
  const coded = { width: reader.ue(), height: reader.ue() }
  const window = reader.flag() ? [reader.ue(), reader.ue(), reader.ue(), reader.ue()] : []
  const [left = 0, right = 0, top = 0, bottom = 0] = window
  const subWidth = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1
  const subHeight = chromaFormat === 1 ? 2 : 1
  const width = coded.width - subWidth * (left + right)
  const height = coded.height - subHeight * (top + bottom)
  if (width <= 0 || height <= 0)
    throw new Fmp4Error('FMP4_BITSTREAM', { detail: 'nothing is inside the conformance window' })
  return { width, height }
}

function bounded(value: number, limit: number, what: string): number {
  if (value > limit) throw new Fmp4Error('FMP4_BITSTREAM', { detail: `${what} ${value}` })
  return value
}
