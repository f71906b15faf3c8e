import type { Clock } from '@hksv/media'

/** Whether something is detected. Holds the state up for as long as it was asked to. */
export class Detection {
  readonly #clock: Clock
  readonly #changed: (isDetected: boolean) => void
  #isDetected = false
  #endsAt = 0
  #timer: NodeJS.Timeout | undefined

  constructor(clock: Clock, changed: (isDetected: boolean) => void) {
    this.#clock = clock
    this.#changed = changed
  }

  /** As reported last. */
  get isDetected(): boolean {
    return this.#isDetected
  }

  /** Something is there: reports it, and that it is gone `durationMs` after the last call, or later. */
  raise(durationMs: number): void {
    const now = this.#clock.now()
    this.#endsAt = Math.max(this.#isDetected ? this.#endsAt : now, now + durationMs)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.clear(), this.#endsAt - now)
    this.#timer.unref()
    this.#report(true)
  }

  /** Nothing is there any more. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#report(false)
  }

  /** Forgets the timer; nothing is reported any more. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  #report(isDetected: boolean): void {
    if (isDetected === this.#isDetected) return
    this.#isDetected = isDetected
    this.#changed(isDetected)
  }
}
