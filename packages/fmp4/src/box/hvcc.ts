import { BitReader } from '../bitstream/bit-reader.ts'
import { viewOf } from '../bytes.ts'
import { Fmp4Error } from '../errors.ts'
import { hevcNalType, hevcNalTypes } from '../h265/nal.ts'
import { type ProfileTierLevel, readProfileTierLevel } from '../h265/profile-tier-level.ts'
import { parseHevcSps } from '../h265/sps.ts'
import { nalListLength, setNals, takeNals } from './nal-list.ts'

/** The parameter sets of an H.265 stream: NAL units with header and emulation prevention. */
export interface HevcParameterSets {
  readonly vps: readonly Uint8Array[]
  readonly sps: readonly Uint8Array[]
  readonly pps: readonly Uint8Array[]
}

/** An HEVCDecoderConfigurationRecord. The parameter sets are views into the input when parsed. */
export interface HevcConfiguration extends ProfileTierLevel, HevcParameterSets {
  readonly minSpatialSegmentationIdc: number
  readonly parallelismType: number
  /** chroma_format_idc: 1 is 4:2:0. */
  readonly chromaFormat: number
  readonly bitDepthLuma: number
  readonly bitDepthChroma: number
  /** Pictures in 256 s; 0 is unspecified. */
  readonly avgFrameRate: number
  readonly constantFrameRate: number
  readonly numTemporalLayers: number
  readonly isTemporalIdNested: boolean
  /** Bytes of the length in front of each NAL unit: 1, 2 or 4. */
  readonly lengthSize: number
  /** Whether array_completeness is set for all parameter sets: none may stand in a sample. */
  readonly isComplete: boolean
  /** Whether all reserved bits are as they have to be. */
  readonly hasReservedBits: boolean
}

const headLength = 23
const types = [hevcNalTypes.vps, hevcNalTypes.sps, hevcNalTypes.pps] as const

/**
 * Writes the content of an `hvcC` box for `hvc1`, with 4-byte lengths.
 *
 * ```
 * 01                         configurationVersion
 * 12 bytes                   general profile, tier and level of the SPS
 * f000                       min_spatial_segmentation_idc 0
 * fc                         parallelismType 0: unknown
 * fc+chroma f8+luma f8+chroma
 * 0000                       avgFrameRate 0: unknown
 * 1 byte                     constantFrameRate 0, numTemporalLayers, temporalIdNested, lengths of 4 bytes
 * 03                         numOfArrays
 *   a0 | u16 count | {u16 length, VPS}      array_completeness is set:
 *   a1 | u16 count | {u16 length, SPS}      no parameter sets in samples
 *   a2 | u16 count | {u16 length, PPS}
 * ```
 * @throws Fmp4Error FMP4_PARAMETER_SETS without a VPS, SPS or PPS; FMP4_BITSTREAM when the SPS cannot
 * be read; FMP4_TOO_LARGE when a set exceeds 65,535 bytes, or a bit depth 15.
 * @see ISO/IEC 14496-15 §8.3.3.1
 */
export function writeHevcConfiguration(sets: HevcParameterSets): Uint8Array {
  const arrays = [sets.vps, sets.sps, sets.pps]
  const sps = parseHevcSps(checkParameterSets(arrays, sets))
  const depths = [sps.bitDepthLuma, sps.bitDepthChroma]
  if (depths.some(depth => depth > 15))
    throw new Fmp4Error('FMP4_TOO_LARGE', { box: 'hvcC', detail: 'bit depth' })
  const bytes = new Uint8Array(arrays.reduce((sum, nals) => sum + 3 + nalListLength(nals), 23))
  const view = viewOf(bytes)
  const { generalProfileSpace: space, generalTierFlag: tier, generalProfileIdc: profile } = sps
  bytes.set([1, (space << 6) | (tier << 5) | profile])
  view.setUint32(2, sps.generalProfileCompatibilityFlags)
  view.setUint16(6, Math.floor(sps.generalConstraintIndicatorFlags / 2 ** 32))
  view.setUint32(8, sps.generalConstraintIndicatorFlags % 2 ** 32)
  const layers = (sps.maxSubLayers << 3) | (sps.isTemporalIdNested ? 4 : 0)
  const formats = [0xfc | sps.chromaFormat, ...depths.map(depth => 0xf8 | (depth - 8))]
  bytes.set([sps.generalLevelIdc, 0xf0, 0, 0xfc, ...formats, 0, 0, layers | 3, arrays.length], 12)
  let offset = headLength
  arrays.forEach((nals, i) => {
    bytes[offset] = 0x80 | (types[i] ?? 0)
    view.setUint16(offset + 1, nals.length)
    offset = setNals(bytes, offset + 3, nals)
  })
  return bytes
}

/** @returns The first SPS, when there is one of each kind and all fit. */
function checkParameterSets(
  arrays: readonly (readonly Uint8Array[])[],
  { sps: [first] }: HevcParameterSets,
): Uint8Array {
  if (first === undefined || arrays.some(nals => nals.length === 0))
    throw new Fmp4Error('FMP4_PARAMETER_SETS')
  if (arrays.some((nals, i) => nals.some(nal => hevcNalType(nal) !== types[i])))
    throw new Fmp4Error('FMP4_PARAMETER_SETS', { detail: 'a NAL unit of another type' })
  if (arrays.some(nals => nals.length > 0xffff || nals.some(nal => nal.length > 0xffff)))
    throw new Fmp4Error('FMP4_TOO_LARGE', { box: 'hvcC' })
  return first
}

/**
 * Reads the content of an `hvcC` box. Arrays of other NAL units, such as SEI, are left out, and so is
 * what follows the arrays. With `hev1` the parameter sets may be missing: they are in the samples then.
 * @throws Fmp4Error FMP4_TRUNCATED, or FMP4_FIELD for an unknown version.
 */
export function parseHevcConfiguration(bytes: Uint8Array): HevcConfiguration {
  if (bytes.length < headLength) throw new Fmp4Error('FMP4_TRUNCATED', { box: 'hvcC' })
  if (bytes[0] !== 1) throw new Fmp4Error('FMP4_FIELD', { box: 'hvcC', detail: 'unknown version' })
  const reader = new BitReader(bytes.subarray(1, headLength))
  const head = readProfileTierLevel(reader)
  const reserved: boolean[] = []
  const behind = (reservedBits: number, bits: number) => {
    reserved.push(reader.bits(reservedBits) === 2 ** reservedBits - 1)
    return reader.bits(bits)
  }
  const formats = {
    minSpatialSegmentationIdc: behind(4, 12),
    parallelismType: behind(6, 2),
    chromaFormat: behind(6, 2),
    bitDepthLuma: behind(5, 3) + 8,
    bitDepthChroma: behind(5, 3) + 8,
    avgFrameRate: reader.bits(16),
    constantFrameRate: reader.bits(2),
    numTemporalLayers: reader.bits(3),
    isTemporalIdNested: reader.flag(),
    lengthSize: reader.bits(2) + 1,
  }
  const arrays = takeArrays(bytes, reader.bits(8))
  const [vps = [], sps = [], pps = []] = types.map(type =>
    arrays.filter(array => array.type === type).flatMap(array => array.nals),
  )
  const known = arrays.filter(({ type }) => types.some(one => one === type))
  return {
    ...{ ...head, ...formats, vps, sps, pps },
    isComplete: known.every(array => array.isComplete),
    hasReservedBits: reserved.every(Boolean) && arrays.every(array => !array.hasReservedBit),
  }
}

/** NAL units of one type in an `hvcC`. */
interface NalArray {
  readonly type: number
  readonly isComplete: boolean
  /** This one has to be 0. */
  readonly hasReservedBit: boolean
  readonly nals: readonly Uint8Array[]
}

function takeArrays(bytes: Uint8Array, count: number): NalArray[] {
  const arrays: NalArray[] = []
  let start = headLength
  for (let i = 0; i < count; i++) {
    const [head, high, low] = bytes.subarray(start)
    if (head === undefined || high === undefined || low === undefined)
      throw new Fmp4Error('FMP4_TRUNCATED', { box: 'hvcC' })
    const list = { box: 'hvcC', start: start + 3, count: (high << 8) | low }
    const { nals, end } = takeNals(bytes, list)
    const [isComplete, hasReservedBit] = [(head & 0x80) !== 0, (head & 0x40) !== 0]
    arrays.push({ type: head & 0x3f, isComplete, hasReservedBit, nals })
    start = end
  }
  return arrays
}
