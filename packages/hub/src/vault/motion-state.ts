/** Whether something moves in front of a camera, for one who waits for it. */
export class MotionState {
  #isMoving = false
  #changedAt = 0
  #beganAt = new Date(0)
  readonly #waiting = new Set<() => void>()

  get isMoving(): boolean {
    return this.#isMoving
  }

  /** When it began last. */
  get beganAt(): Date {
    return this.#beganAt
  }

  /** How long nothing has moved; undefined while something does. */
  quietMs(now: number): number | undefined {
    return this.#isMoving ? undefined : now - this.#changedAt
  }

  set(isMoving: boolean, now: number): void {
    if (isMoving === this.#isMoving) return
    this.#isMoving = isMoving
    this.#changedAt = now
    if (isMoving) this.#beganAt = new Date()
    for (const wake of this.#waiting) wake()
  }

  /** Waits until something moves, or nothing does. @throws The reason of `signal` when it aborts. */
  async becomes(isMoving: boolean, signal: AbortSignal): Promise<void> {
    while (this.#isMoving !== isMoving) {
      signal.throwIfAborted()
      await new Promise<void>(resolve => {
        const wake = () => {
          this.#waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#waiting.add(wake)
        signal.addEventListener('abort', wake)
      })
    }
    signal.throwIfAborted()
  }
}
