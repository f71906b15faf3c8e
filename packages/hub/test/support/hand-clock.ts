import type { Clock } from '@hksv/media/live'

/** Time that a test moves. */
export class HandClock implements Clock {
  /** Not 0: clocks count from anywhere. */
  #now = 1e9
  readonly #sleepers = new Map<() => void, number>()

  now(): number {
    return this.#now
  }

  async sleepUntil(time: number, signal: AbortSignal): Promise<void> {
    if (time <= this.#now || signal.aborted) return
    await new Promise<void>(resolve => {
      const wake = () => {
        this.#sleepers.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#sleepers.set(wake, time)
      signal.addEventListener('abort', wake)
    })
  }

  /** Moves on; whoever sleeps until then wakes. */
  advance(ms: number): void {
    this.#now += ms
    for (const [wake, time] of this.#sleepers) if (time <= this.#now) wake()
  }
}
