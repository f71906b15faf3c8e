/** Behind the frame that waits longest; more than that is sent faster. */
const maxDelayMs = 200
/** The part of the time between two frames that the packets of one may take. */
const share = 0.8
/** So many go at once: a few packets are no burst. */
const minBurst = 4
/** Packets that left, before their places are freed. */
const maxForgotten = 256

interface QueuedPacket {
  readonly bytes: Uint8Array
  readonly sendAt: number
}

/**
 * Spreads the packets of a large frame over the time until the next one, in steps of a millisecond, as
 * bursts overrun the buffers of wireless links. Packets leave in the order in which they came.
 */
export class PacketQueue {
  readonly #packets: QueuedPacket[] = []
  #head = 0
  #lastAt = Number.NEGATIVE_INFINITY

  /** When the next packet leaves. */
  get deadline(): number | undefined {
    return this.#packets[this.#head]?.sendAt
  }

  /** Takes the packets of a frame, after which the next frame is expected in `intervalMs`. */
  push(packets: readonly Uint8Array[], intervalMs: number, now: number): void {
    const start = Math.max(now, this.#lastAt)
    const room = Math.max(0, now + maxDelayMs - start)
    const spreadMs = Math.min(share * intervalMs, room)
    const burst = Math.max(minBurst, Math.ceil(packets.length / Math.max(1, Math.floor(spreadMs))))
    for (const [i, bytes] of packets.entries()) {
      const sendAt = room === 0 ? start : start + Math.floor(i / burst)
      this.#packets.push({ bytes, sendAt })
      this.#lastAt = sendAt
    }
  }

  /** @returns The next packet that is due; undefined when none is. */
  shift(now: number): Uint8Array | undefined {
    const packet = this.#packets[this.#head]
    if (packet === undefined || packet.sendAt > now) return undefined
    this.#head++
    // Those that left are forgotten many at a time, as each time the others move.
    if (this.#head === this.#packets.length || this.#head === maxForgotten) {
      this.#packets.splice(0, this.#head)
      this.#head = 0
    }
    return packet.bytes
  }

  /** Nothing that waits is sent. */
  clear(): void {
    this.#packets.length = 0
    this.#head = 0
  }
}
