/** Whether something moves. Holds the state up for as long as it was asked to. */
export class Motion {
  readonly #changed: (isDetected: boolean) => void
  #isDetected = false
  #timer: NodeJS.Timeout | undefined

  constructor(changed: (isDetected: boolean) => void) {
    this.#changed = changed
  }

  /** As reported last. */
  get isDetected(): boolean {
    return this.#isDetected
  }

  /** Something moves: reports it, and that it stopped after `durationMs` without another call. */
  raise(durationMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.clear(), durationMs)
    this.#timer.unref()
    this.#report(true)
  }

  /** Nothing moves any more. */
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
