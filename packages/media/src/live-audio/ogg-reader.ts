import { oggCrc } from './ogg-crc.ts'

const capturePattern = 0x4f676753
const headerLength = 27
/** No Opus packet is longer; what is belongs to no sound. @see RFC 6716 §3.4 (R4), RFC 7845 §3 */
const maxPacketLength = 61_440
/** The pages of "OpusHead" and "OpusTags". */
const headerPackets = 2

/**
 * Reads the packets of one Opus stream in Ogg, in any cut. Holds no more than a page and a packet.
 * @see RFC 3533 §6, RFC 7845 §3
 */
export class OggOpusReader {
  #pending: Uint8Array = new Uint8Array()
  #part: Uint8Array[] = []
  #partLength = 0
  #headersLeft = headerPackets
  #preSkip = 0

  /** Samples at 48 kHz that come out of the decoder before the sound; known with the first packet. */
  get preSkip(): number {
    return this.#preSkip
  }

  /**
   * @returns The packets that are complete now, without the two of the header. They are views: of
   * `bytes`, or of memory of their own.
   * @throws RangeError for what is no Ogg, or a packet longer than 61,440 bytes; the reader is of no
   * use then.
   */
  receive(bytes: Uint8Array): Uint8Array[] {
    const input = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    const packets: Uint8Array[] = []
    let at = 0
    for (;;) {
      const length = pageLength(input.subarray(at))
      if (length === undefined) break
      this.#page(input.subarray(at, at + length), packets)
      at += length
    }
    // A copy: what is kept must not hold what was read.
    this.#pending = new Uint8Array(input.subarray(at))
    return packets
  }

  #page(page: Uint8Array, packets: Uint8Array[]): void {
    checkPage(page)
    const segments = page[26] ?? 0
    let at = headerLength + segments
    for (const segment of page.subarray(headerLength, at)) {
      this.#partLength += segment
      if (this.#partLength > maxPacketLength) throw new RangeError('an Ogg packet is too long')
      if (segment > 0) this.#part.push(page.subarray(at, at + segment))
      at += segment
      if (segment === 255) continue
      const packet = this.#takePacket()
      if (this.#headersLeft === 0) packets.push(packet)
      // "OpusHead", version, channels, pre-skip.
      else if (this.#headersLeft-- === headerPackets) this.#preSkip = littleEndian(packet, 10)
    }
    // What goes on in the next page outlives this one.
    if (this.#part.length > 0) this.#part = [Buffer.concat(this.#part)]
  }

  #takePacket(): Uint8Array {
    const [first = new Uint8Array()] = this.#part
    const packet = this.#part.length > 1 ? Buffer.concat(this.#part) : first
    this.#part = []
    this.#partLength = 0
    return packet
  }
}

/** @returns How long the page at the beginning is, when all of it is there. */
function pageLength(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length >= 4 && view.getUint32(0) !== capturePattern)
    throw new RangeError('this is no Ogg page')
  const bodyAt = headerLength + (bytes[26] ?? 0)
  if (bytes.length < bodyAt) return undefined
  let length = bodyAt
  for (const segment of bytes.subarray(headerLength, bodyAt)) length += segment
  return bytes.length < length ? undefined : length
}

function checkPage(page: Uint8Array): void {
  const blank = new Uint8Array(page)
  const view = new DataView(blank.buffer)
  const crc = view.getUint32(22, true)
  view.setUint32(22, 0, true)
  if (oggCrc(blank) !== crc) throw new RangeError('an Ogg page has a wrong checksum')
}

function littleEndian(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
}
