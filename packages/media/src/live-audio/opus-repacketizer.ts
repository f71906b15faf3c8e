import { parseOpusPacket, writeOpusPacket } from './opus-packet.ts'

/** A packet of an {@link OpusRepacketizer}. */
export interface TimedOpusPacket {
  /** At 48 kHz. */
  readonly decodeTime: number
  /** Belongs to the receiver. */
  readonly data: Uint8Array
}

/** A packet that comes later than this has a gap in front of it. At 48 kHz: 20 ms. */
const maxLate = 960

/**
 * Packs the frames of Opus packets anew, so that all packets last the same, without encoding anything.
 * Times go on packet by packet; after a gap they jump, by whole packets. What is left of a packet's worth
 * before a gap, or before frames of another kind, is left out.
 * @see RFC 6716 §3.2
 */
export class OpusRepacketizer {
  readonly #packetSamples: number
  #kind: number | undefined
  #frames: Uint8Array[] = []
  #frameSamples = 0
  /** When the next packet begins. */
  #next: number | undefined
  /** When the next frame begins, if it follows the last one. */
  #expected = 0

  /** @param packetTimeMs - What each packet is to last. */
  constructor(packetTimeMs: number) {
    this.#packetSamples = 48 * packetTimeMs
  }

  /**
   * Takes a packet of the source; its time is at 48 kHz.
   * @returns Packets that are full; `undefined` when the frames are longer than a packet or do not fill one
   * evenly: only encoding helps then. A packet that is damaged is left out.
   */
  push(decodeTime: number, packet: Uint8Array): TimedOpusPacket[] | undefined {
    const parsed = parseOpusPacket(packet)
    if (parsed === undefined) return []
    const { kind, frameSamples, frames } = parsed
    if (this.#packetSamples % frameSamples !== 0) return undefined
    const isOther = kind !== this.#kind || frameSamples !== this.#frameSamples
    const off = decodeTime - this.#expected
    if (this.#next === undefined || isOther || Math.abs(off) > maxLate) this.#begin(decodeTime)
    this.#kind = kind
    this.#frameSamples = frameSamples
    const packets: TimedOpusPacket[] = []
    const perPacket = this.#packetSamples / frameSamples
    for (const frame of frames) {
      this.#frames.push(new Uint8Array(frame))
      if (this.#frames.length < perPacket) continue
      packets.push({ decodeTime: this.#next ?? 0, data: writeOpusPacket(kind, this.#frames) })
      this.#frames = []
      this.#next = (this.#next ?? 0) + this.#packetSamples
    }
    // Small steps of the source's clock are followed when they have added up.
    this.#expected += frames.length * frameSamples
    return packets
  }

  /** The next frame begins a packet: on the grid of those before, never earlier than they ended. */
  #begin(decodeTime: number): void {
    this.#frames = []
    this.#expected = decodeTime
    if (this.#next === undefined) this.#next = decodeTime
    const packets = Math.round((decodeTime - this.#next) / this.#packetSamples)
    this.#next += Math.max(0, packets) * this.#packetSamples
  }
}
