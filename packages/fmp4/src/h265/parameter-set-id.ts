import { BitReader } from '../bitstream/bit-reader.ts'
import { removeEmulationPrevention } from '../bitstream/emulation-prevention.ts'
import { Fmp4Error } from '../errors.ts'
import { hevcNalType, hevcNalTypes } from './nal.ts'
import { parseHevcSps } from './sps.ts'

/**
 * Reads the id of a VPS, SPS or PPS: a set of the same type and id takes the place of the one before.
 * @param nal - NAL unit with its two-byte header, with emulation prevention bytes.
 * @throws Fmp4Error FMP4_BITSTREAM when it ends too early, or is another NAL unit.
 * @see ITU-T H.265 §7.4.2.4.2
 */
export function hevcParameterSetId(nal: Uint8Array): number {
  const type = hevcNalType(nal)
  if (type === hevcNalTypes.sps) return parseHevcSps(nal).id
  // Both begin with their id, which is short.
  const reader = new BitReader(removeEmulationPrevention(nal.subarray(0, 16)).subarray(2))
  if (type === hevcNalTypes.vps) return reader.bits(4)
  if (type === hevcNalTypes.pps) return reader.ue()
  throw new Fmp4Error('FMP4_BITSTREAM', { detail: `NAL unit of type ${type} is no parameter set` })
}
