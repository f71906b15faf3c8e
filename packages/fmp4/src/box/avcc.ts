import { Fmp4Error } from '../errors.ts'
import { nalType, nalTypes } from '../h264/nal.ts'
import { hasChromaFields, parseSps } from '../h264/sps.ts'
import { nalListLength, setNals, takeNals } from './nal-list.ts'

/** An AVCDecoderConfigurationRecord. */
export interface AvcConfiguration {
  readonly profile: number
  readonly compatibility: number
  readonly level: number
  /** Bytes of the length in front of each NAL unit: 1, 2 or 4. */
  readonly lengthSize: number
  /** NAL units with header and emulation prevention; views into the input when parsed. */
  readonly sps: readonly Uint8Array[]
  readonly pps: readonly Uint8Array[]
  /** Chroma format and bit depths of the High profiles; absent where the box has none. */
  readonly extension?: {
    readonly chromaFormat: number
    readonly bitDepthLuma: number
    readonly bitDepthChroma: number
  }
  /** Whether all reserved bits are set, as they have to be. */
  readonly hasReservedBits: boolean
}

/**
 * Writes the content of an `avcC` box with 4-byte lengths:
 * `01 | profile | compatibility | level | ff | e0+count | {u16 length, SPS} | count | {u16 length, PPS}`,
 * and for the High profiles `fc+chroma | f8+luma | f8+chroma | 00`.
 * @throws Fmp4Error FMP4_PARAMETER_SETS without an SPS or PPS; FMP4_BITSTREAM when the SPS cannot
 * be read; FMP4_TOO_LARGE when a set exceeds 65,535 bytes or there are more than fit.
 * @see ISO/IEC 14496-15 §5.3.3.1
 */
export function writeAvcConfiguration(
  sps: readonly Uint8Array[],
  pps: readonly Uint8Array[],
): Uint8Array {
  const first = checkParameterSets(sps, pps)
  const parsed = parseSps(first)
  const head = [1, parsed.profile, parsed.compatibility, parsed.level, 0xff, 0xe0 | sps.length]
  const extension = hasChromaFields(parsed.profile)
    ? [
        0xfc | parsed.chromaFormat,
        0xf8 | (parsed.bitDepthLuma - 8),
        0xf8 | (parsed.bitDepthChroma - 8),
        0,
      ]
    : []
  const length = head.length + nalListLength([...sps, ...pps]) + 1 + extension.length
  const bytes = new Uint8Array(length)
  bytes.set(head)
  let offset = setNals(bytes, head.length, sps)
  bytes[offset++] = pps.length
  offset = setNals(bytes, offset, pps)
  bytes.set(extension, offset)
  return bytes
}

/** @returns The first SPS, when there is one of each kind and all fit. */
function checkParameterSets(sps: readonly Uint8Array[], pps: readonly Uint8Array[]): Uint8Array {
  const [first] = sps
  if (first === undefined || pps.length === 0) throw new Fmp4Error('FMP4_PARAMETER_SETS')
  if (
    sps.some(nal => nalType(nal) !== nalTypes.sps) ||
    pps.some(nal => nalType(nal) !== nalTypes.pps)
  )
    throw new Fmp4Error('FMP4_PARAMETER_SETS', { detail: 'a NAL unit of another type' })
  if (sps.length > 31 || pps.length > 255 || [...sps, ...pps].some(nal => nal.length > 0xffff))
    throw new Fmp4Error('FMP4_TOO_LARGE', { box: 'avcC' })
  return first
}

/**
 * Reads the content of an `avcC` box. The High extension may be missing, as some muxers leave it out.
 * @throws Fmp4Error FMP4_TRUNCATED, or FMP4_FIELD for an unknown version.
 */
export function parseAvcConfiguration(bytes: Uint8Array): AvcConfiguration {
  if (bytes.length < 7) throw new Fmp4Error('FMP4_TRUNCATED', { box: 'avcC' })
  const [version = 0, profile = 0, compatibility = 0, level = 0, lengths = 0, counts = 0] = bytes
  if (version !== 1) throw new Fmp4Error('FMP4_FIELD', { box: 'avcC', detail: 'unknown version' })
  const sps = takeNals(bytes, { box: 'avcC', start: 6, count: counts & 0x1f })
  const ppsCount = bytes[sps.end]
  if (ppsCount === undefined) throw new Fmp4Error('FMP4_TRUNCATED', { box: 'avcC' })
  const pps = takeNals(bytes, { box: 'avcC', start: sps.end + 1, count: ppsCount })
  const [chroma, luma = 0, chromaDepth = 0, extensionCount] = bytes.subarray(pps.end)
  const hasExtension = hasChromaFields(profile) && extensionCount !== undefined
  const hasExtensionBits =
    !hasExtension || ((chroma ?? 0) >= 0xfc && luma >= 0xf8 && chromaDepth >= 0xf8)
  return {
    ...{
      profile,
      compatibility,
      level,
      lengthSize: (lengths & 3) + 1,
      sps: sps.nals,
      pps: pps.nals,
    },
    ...(hasExtension && {
      extension: {
        chromaFormat: (chroma ?? 0) & 3,
        bitDepthLuma: (luma & 7) + 8,
        bitDepthChroma: (chromaDepth & 7) + 8,
      },
    }),
    hasReservedBits: lengths >= 0xfc && counts >= 0xe0 && hasExtensionBits,
  }
}
