import { parseOpusPacket, writeOpusPacket } from '../live-audio/opus-packet.ts'
import type { RtpPacket } from '../rtp/packet.ts'
import { ReorderBuffer } from '../rtp/reorder-buffer.ts'

/** So long a packet waits for one before it. */
const maxWaitMs = 60
const maxPackets = 10
/** After more than this nobody would know what was said. */
const maxMissing = 10
const none = new Uint8Array()

/**
 * Puts the Opus packets of what a viewer says in order. A packet waits for one before it no longer than
 * 60 ms. In place of each that is lost there is one with frames that are missing, which decoders cover up.
 * Owns no clock; `now` is in ms that never go back.
 *
 * 1. `receive` each packet.
 * 2. `tick` at `deadline`.
 *
 * @see RFC 6716 §3.2.1 (a frame without bytes is a lost one)
 */
export class SpeechReceiver {
  readonly #order = new ReorderBuffer({ maxPackets, maxWaitMs })
  /** Takes the place of one that is lost. */
  #missing: Uint8Array | undefined

  /** @returns Packets of Opus that belong to the caller. */
  receive(packet: RtpPacket, now: number): Uint8Array[] {
    // A packet may wait for longer than its bytes are valid.
    const own = { ...packet, bytes: new Uint8Array(packet.bytes) }
    let fate = this.#order.push(own, now)
    if (fate === 'jumped') {
      this.#order.reset()
      fate = this.#order.push(own, now)
    }
    const packets = fate === 'next' ? this.#take(own) : []
    return [...packets, ...this.tick(now)]
  }

  /** When to call `tick` next. */
  deadline(): number | undefined {
    return this.#order.deadline
  }

  /** Gives up waiting for packets that are late. @returns As `receive`. */
  tick(now: number): Uint8Array[] {
    const packets: Uint8Array[] = []
    for (let next = this.#order.shift(now); next; next = this.#order.shift(now))
      packets.push(...this.#take(next))
    return packets
  }

  #take({ bytes, payloadStart, payloadEnd }: RtpPacket): Uint8Array[] {
    const { lost } = this.#order
    const packet = bytes.slice(payloadStart, payloadEnd)
    const parsed = parseOpusPacket(packet)
    if (parsed === undefined) return []
    const missing = this.#missing
    const covered = missing === undefined ? 0 : Math.min(lost, maxMissing)
    const empty = new Array<Uint8Array>(parsed.frames.length).fill(none)
    this.#missing = writeOpusPacket(parsed.kind, empty)
    return [...new Array<Uint8Array>(covered).fill(missing ?? none), packet]
  }
}
