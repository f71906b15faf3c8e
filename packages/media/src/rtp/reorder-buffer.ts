import type { RtpPacket } from './packet.ts'

/** How long packets wait for one that is missing. */
export interface ReorderLimits {
  /** Most packets that wait; 0 where packets come in order, as over TCP: then none waits. */
  readonly maxPackets: number
  /** Longest wait of a packet. */
  readonly maxWaitMs: number
}

interface Held {
  readonly packet: RtpPacket
  /** Sequence number without wraps. */
  readonly position: number
  readonly heldAt: number
}

/** A jump of the sequence number that is more than loss or reordering. @see RFC 3550 §A.1 */
const maxDropout = 3000
const maxMisorder = 100

/**
 * Puts packets into the order of their sequence numbers.
 *
 * 1. `push` each packet: it says whether it is the next one and can be used at once.
 * 2. `shift` until nothing comes: packets that waited. `lost` tells how many are missing in front of
 *    what either of them gave.
 * 3. At `deadline`, `shift` again.
 *
 * Packets that wait are kept, not copied: their bytes must stay as they are.
 */
export class ReorderBuffer {
  readonly #limits: ReorderLimits
  /** Packets that wait, by position. */
  readonly #held: Held[] = []
  /** Position of the next packet; undefined at first, when nobody knows which one is first. */
  #next: number | undefined
  /** Position of the foremost packet pushed. */
  #last = 0
  /** Of a packet that came after a jump: it counts when its successor comes. */
  #suspect: number | undefined
  #lost = 0

  constructor(limits: ReorderLimits) {
    this.#limits = limits
  }

  /** Packets missing in front of the last one given. */
  get lost(): number {
    return this.#lost
  }

  /** When to call `shift` if no packet comes before. */
  get deadline(): number | undefined {
    let since: number | undefined
    for (const { heldAt } of this.#held) since = Math.min(since ?? heldAt, heldAt)
    return since === undefined ? undefined : since + this.#limits.maxWaitMs
  }

  /**
   * Takes the next packet as it arrives.
   * @returns `next`: use it now. `held`: it waits. `ignored`: it was there already, came too late, or
   * came after an impossible jump. `jumped`: the sequence starts anew; call `reset` and push it again.
   */
  push(packet: RtpPacket, now: number): 'next' | 'held' | 'ignored' | 'jumped' {
    const { maxPackets } = this.#limits
    const position = this.#positionOf(packet.sequenceNumber)
    if (this.#isJump(position)) {
      const isConfirmed = maxPackets === 0 || this.#suspect === packet.sequenceNumber
      this.#suspect = (packet.sequenceNumber + 1) & 0xffff
      return isConfirmed ? 'jumped' : 'ignored'
    }
    this.#suspect = undefined
    this.#last = Math.max(this.#last, position)
    const next = this.#next ?? position
    if (position < next) return 'ignored'
    const isNext = position === this.#next || maxPackets === 0
    if (isNext && this.#held.length === 0) {
      this.#lost = position - next
      this.#next = position + 1
      return 'next'
    }
    return this.#hold({ packet, position, heldAt: now }) ? 'held' : 'ignored'
  }

  /** @returns The next packet that need not, or must not, wait any longer. */
  shift(now: number): RtpPacket | undefined {
    const [first] = this.#held
    if (first === undefined) return undefined
    const isDue =
      first.position === this.#next ||
      this.#held.length > this.#limits.maxPackets ||
      now >= (this.deadline ?? now)
    if (!isDue) return undefined
    this.#held.shift()
    this.#lost = first.position - (this.#next ?? first.position)
    this.#next = first.position + 1
    return first.packet
  }

  /** Forgets everything: the next packet is the first one. */
  reset(): void {
    this.#held.length = 0
    this.#next = undefined
    this.#suspect = undefined
    this.#last = 0
  }

  #positionOf(sequenceNumber: number): number {
    if (this.#next === undefined && this.#held.length === 0) return 0x10000 + sequenceNumber
    const step = ((sequenceNumber - this.#last) << 16) >> 16
    return this.#last + step
  }

  #isJump(position: number): boolean {
    if (this.#next === undefined && this.#held.length === 0) return false
    const step = position - this.#last
    return step > maxDropout || step < -Math.max(maxMisorder, this.#limits.maxPackets)
  }

  /** @returns Whether it was not there yet. */
  #hold(held: Held): boolean {
    let index = this.#held.length
    for (; index > 0; index--) {
      const other = this.#held[index - 1]
      if (other === undefined || other.position < held.position) break
      if (other.position === held.position) return false
    }
    this.#held.splice(index, 0, held)
    return true
  }
}
