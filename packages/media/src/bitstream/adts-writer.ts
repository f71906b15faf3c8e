import { type AudioSpecificConfig, audioObjectTypes, writeAudioSpecificConfig } from '@hksv/fmp4'

const headerLength = 7
/** What 13 bits can say, header and all. */
const maxLength = 0x1fff

/**
 * Whether ADTS can say what these frames are: AAC-LC of 1024 samples, at a rate and with channels
 * that have a number. AAC-ELD is none of its.
 */
export function isAdtsConfig(config: AudioSpecificConfig): boolean {
  if (config.objectType !== audioObjectTypes.aacLc || config.frameLength !== 1024) return false
  try {
    return writeAudioSpecificConfig(config).length === 2
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/**
 * Makes a byte stream of ADTS of raw AAC frames, which players and encoders read without a container:
 * MPEG-4, no checksum, one raw data block a frame. The opposite of `AdtsReader`.
 * @example
 * ```ts
 * const writer = new AdtsWriter({ objectType: 2, sampleRate: 32_000, channels: 1, frameLength: 1024 })
 * file.write(writer.frame(sample.data))
 * ```
 * @see ISO/IEC 14496-3 §1.A.2.2.1
 */
export class AdtsWriter {
  readonly #rate: number
  readonly #layout: number

  /** @throws RangeError for what ADTS cannot say; see {@link isAdtsConfig}. */
  constructor(config: AudioSpecificConfig) {
    if (!isAdtsConfig(config)) throw new RangeError('ADTS can only say AAC-LC of 1024 samples')
    const [first = 0, second = 0] = writeAudioSpecificConfig(config)
    this.#rate = ((first & 7) << 1) | (second >> 7)
    this.#layout = (second >> 3) & 0xf
  }

  /**
   * @param data - A raw AAC frame; it is copied.
   * @returns It behind its header of 7 bytes.
   * @throws RangeError for a frame of more than 8184 bytes.
   */
  frame(data: Uint8Array): Uint8Array {
    const length = data.length + headerLength
    if (length > maxLength) throw new RangeError(`${data.length} bytes are no AAC frame`)
    const framed = new Uint8Array(length)
    framed[0] = 0xff
    framed[1] = 0xf1
    framed[2] = 0x40 | (this.#rate << 2) | (this.#layout >> 2)
    framed[3] = ((this.#layout & 3) << 6) | (length >> 11)
    framed[4] = length >> 3
    // The fullness 0x7ff says that the bit rate varies.
    framed[5] = ((length & 7) << 5) | 0x1f
    framed[6] = 0xfc
    framed.set(data, headerLength)
    return framed
  }
}
