/** A step that no camera's clock makes from one packet to the next. */
const maxForwardMs = 10_000
/** B frames go back by less. */
const maxBackwardMs = 1000

/**
 * Makes of the 32-bit timestamps of one track a time that does not wrap, counted from its first packet.
 *
 * A step forward of more than 10 s counts when about as much time has gone by between the packets.
 * Otherwise, and after a step back by more than 1 s, the sender has set its clock: then the time goes on
 * from where it was, by the time between the packets or by the step before, whichever is longer.
 */
export class RtpClock {
  /** Units a second. */
  readonly rate: number
  /** The last timestamp; undefined at first and after a restart. */
  #timestamp: number | undefined
  #time: number | undefined
  #step = 1
  #movedAt = 0
  #epochs = 0

  constructor(rate: number) {
    if (!(rate > 0)) throw new RangeError('a clock has a rate')
    this.rate = rate
  }

  /** How often the sender was found to have set its clock. */
  get epochs(): number {
    return this.#epochs
  }

  /**
   * Follows the timestamp of a packet that arrived at `now`, in ms.
   * @returns Its time in units of the rate, an integer.
   */
  advance(timestamp: number, now: number): number {
    const before = this.#time
    const step = (timestamp - (this.#timestamp ?? timestamp)) | 0
    if (this.#timestamp !== undefined && step === 0) return before ?? 0
    let time = 0
    if (before !== undefined) {
      const gone = now - this.#movedAt
      if (this.#timestamp !== undefined && this.#isBelievable(step, gone)) {
        time = before + step
        if (step > 0) this.#step = step
      } else {
        if (this.#timestamp !== undefined) this.#epochs++
        time = before + Math.max(this.#step, Math.round((gone * this.rate) / 1000))
      }
    }
    this.#timestamp = timestamp
    this.#time = time
    this.#movedAt = now
    return time
  }

  /** The next timestamp belongs to another stream, which goes on from the time of this one. */
  restart(): void {
    this.#timestamp = undefined
  }

  /** @returns The time of a timestamp near the last one; nothing before the first packet of a stream. */
  timeOf(timestamp: number): number | undefined {
    if (this.#time === undefined || this.#timestamp === undefined) return undefined
    return this.#time + ((timestamp - this.#timestamp) | 0)
  }

  #isBelievable(step: number, goneMs: number): boolean {
    const stepMs = (step * 1000) / this.rate
    if (stepMs < -maxBackwardMs) return false
    return stepMs <= maxForwardMs || Math.abs(stepMs - goneMs) < maxBackwardMs
  }
}
