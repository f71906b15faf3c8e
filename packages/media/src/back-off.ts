import { isLasting } from './errors.ts'

/** Cameras that come back are found soon; those that lock out whoever asks too often are not asked often. */
const limits = {
  passing: { firstMs: 1000, mostMs: 30_000 },
  lasting: { firstMs: 10_000, mostMs: 300_000 },
} as const
/** Cameras that went away together are not asked at the same moment: waits are shorter by up to this. */
const SPREAD = 0.25

/**
 * How long to wait before a source is tried again: 1 s, doubling to 30 s. What somebody has to change first
 * (user and password, the path, the codec) is tried after 10 s, doubling to 5 min.
 */
export class BackOff {
  readonly #random: () => number
  #failures = 0
  #wasLasting = false

  /** @param random - 0 to 1; `Math.random` unless given. */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** @returns Milliseconds until the next attempt, after one that ended with `error`. */
  next(error?: unknown): number {
    const isNowLasting = isLasting(error)
    if (isNowLasting !== this.#wasLasting) this.#failures = 0
    this.#wasLasting = isNowLasting
    const { firstMs, mostMs } = isNowLasting ? limits.lasting : limits.passing
    const waitMs = Math.min(firstMs * 2 ** this.#failures, mostMs)
    this.#failures = Math.min(this.#failures + 1, 16)
    return waitMs * (1 - SPREAD * this.#random())
  }

  /** It went well: the next failure is the first. */
  reset(): void {
    this.#failures = 0
  }
}
