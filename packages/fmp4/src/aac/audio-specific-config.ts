import { BitReader } from '../bitstream/bit-reader.ts'
import { Fmp4Error } from '../errors.ts'

/** Audio object types that HomeKit uses. @see ISO/IEC 14496-3 table 1.17 */
export const audioObjectTypes = {
  /** AAC low complexity. */
  aacLc: 2,
  /** AAC enhanced low delay. */
  aacEld: 39,
} as const

/** An AudioSpecificConfig: what a decoder has to know about a stream of AAC frames. */
export interface AudioSpecificConfig {
  /** Audio object type: 2 LC, 39 ELD; 5 or 29 when spectral band replication is announced. */
  readonly objectType: number
  /** Samples a second of the frames (without the doubling of SBR). */
  readonly sampleRate: number
  readonly channels: number
  /** Samples a frame: 1024 or 960 (LC), 512 or 480 (ELD). */
  readonly frameLength: number
}

/** Rates by samplingFrequencyIndex. @see ISO/IEC 14496-3 table 1.18 */
const sampleRates: readonly number[] = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
]
const explicitRate = 15
/** channelConfiguration 7 means eight channels. */
const channelCounts: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8]

/**
 * Reads an AudioSpecificConfig. A backward compatible SBR extension behind it, such as ffmpeg's
 * `56e500`, counts only when it says that SBR is there.
 * @throws Fmp4Error FMP4_BITSTREAM when it is cut short, or uses an unknown rate or channel layout.
 * @see ISO/IEC 14496-3 §1.6.2.1
 */
export function parseAudioSpecificConfig(bytes: Uint8Array): AudioSpecificConfig {
  const reader = new BitReader(bytes)
  const announced = readObjectType(reader)
  const sampleRate = readSampleRate(reader)
  const channels = channelCounts[reader.bits(4)] ?? 0
  if (channels === 0) throw new Fmp4Error('FMP4_BITSTREAM', { detail: 'unknown channel layout' })
  let coreType = announced
  if (announced === 5 || announced === 29) {
    readSampleRate(reader)
    coreType = readObjectType(reader)
  }
  const isShort = reader.flag() // frameLengthFlag
  const frameLength =
    coreType === audioObjectTypes.aacEld ? (isShort ? 480 : 512) : isShort ? 960 : 1024
  const objectType = coreType === audioObjectTypes.aacLc && hasSbr(reader) ? 5 : announced
  return { objectType, sampleRate, channels, frameLength }
}

/**
 * Writes the AudioSpecificConfig of AAC-LC (2 bytes) or AAC-ELD (4 bytes).
 * @throws RangeError for a rate, channel count or frame length it cannot express.
 * @see ISO/IEC 14496-3 §1.6.2.1
 */
export function writeAudioSpecificConfig(config: AudioSpecificConfig): Uint8Array {
  const { objectType, frameLength } = config
  const rate = sampleRates.indexOf(config.sampleRate)
  const channels = channelCounts.indexOf(config.channels, 1)
  if (rate < 0 || channels < 0) throw new RangeError('AAC cannot express this rate or layout')
  if (objectType === audioObjectTypes.aacLc) {
    if (frameLength !== 1024 && frameLength !== 960) throw new RangeError('LC: 1024 or 960')
    const word = (2 << 11) | (rate << 7) | (channels << 3) | (frameLength === 960 ? 4 : 0)
    return Uint8Array.of(word >> 8, word & 0xff)
  }
  if (objectType !== audioObjectTypes.aacEld) throw new RangeError('only AAC-LC and AAC-ELD')
  if (frameLength !== 512 && frameLength !== 480) throw new RangeError('ELD: 512 or 480')
  const short = frameLength === 480 ? 1 : 0
  const word = ((31 << 27) | (7 << 21) | (rate << 17) | (channels << 13) | (short << 12)) >>> 0
  return Uint8Array.of(word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff)
}

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5)
  return type === 31 ? 32 + reader.bits(6) : type
}

function readSampleRate(reader: BitReader): number {
  const index = reader.bits(4)
  const rate = index === explicitRate ? reader.bits(24) : sampleRates[index]
  if (rate === undefined || rate === 0)
    throw new Fmp4Error('FMP4_BITSTREAM', { detail: 'unknown sampling rate' })
  return rate
}

/** Looks for the sync extension 0x2b7 behind an LC configuration. */
function hasSbr(reader: BitReader): boolean {
  if (reader.remaining < 2) return false
  const dependsOnCoreCoder = reader.flag()
  if (dependsOnCoreCoder || reader.flag()) return false
  if (reader.remaining < 17 || reader.bits(11) !== 0x2b7) return false
  return reader.bits(5) === 5 && reader.flag()
}
