import { oggCrc } from './ogg-crc.ts'

/** What an {@link OggOpusWriter} is told of the stream. */
export interface OggOpusOptions {
  /** 1 or 2. */
  readonly channels: number
  /** Samples a second of what was encoded: for information alone. */
  readonly sampleRate: number
}

/** "OggS", version, flags, granule position, serial number, page number, checksum, segments. */
const headerLength = 27
/** A single stream needs no other. */
const serialNumber = 1
const firstPage = 2
const maxSegments = 255

/**
 * Writes Opus packets into an Ogg stream, each into a page of its own, so that nothing waits.
 * @see RFC 3533 §6, RFC 7845 §4, §5
 */
export class OggOpusWriter {
  readonly #options: OggOpusOptions
  #pageNumber = 0
  #granulePosition = 0

  constructor(options: OggOpusOptions) {
    this.#options = options
  }

  /** @returns The two pages that come before the first packet. */
  header(): Uint8Array {
    const { channels, sampleRate } = this.#options
    const head = new Uint8Array(19)
    const view = new DataView(head.buffer)
    head.set(latin1('OpusHead'))
    head[8] = 1
    head[9] = channels
    view.setUint32(12, sampleRate, true)
    const tags = new Uint8Array(20)
    tags.set(latin1('OpusTags'))
    tags[8] = 4
    tags.set(latin1('hksv'), 12)
    return Buffer.concat([this.#page(head, firstPage), this.#page(tags, 0)])
  }

  /**
   * @param samples - What the packet lasts, at 48 kHz.
   * @returns Its page.
   * @throws RangeError for a packet longer than 65,024 bytes: none of Opus is.
   */
  page(packet: Uint8Array, samples: number): Uint8Array {
    this.#granulePosition += samples
    return this.#page(packet, 0)
  }

  #page(packet: Uint8Array, flags: number): Uint8Array {
    const segments = Math.floor(packet.length / 255) + 1
    if (segments > maxSegments) throw new RangeError(`${packet.length} bytes are no Opus packet`)
    const page = new Uint8Array(headerLength + segments + packet.length)
    const view = new DataView(page.buffer)
    page.set(latin1('OggS'))
    page[5] = flags
    view.setBigInt64(6, BigInt(this.#granulePosition), true)
    view.setUint32(14, serialNumber, true)
    view.setUint32(18, this.#pageNumber++, true)
    page[26] = segments
    page.fill(255, headerLength, headerLength + segments - 1)
    page[headerLength + segments - 1] = packet.length % 255
    page.set(packet, headerLength + segments)
    view.setUint32(22, oggCrc(page), true)
    return page
  }
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}
