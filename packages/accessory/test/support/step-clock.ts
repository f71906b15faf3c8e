import type { Clock } from '@hksv/media'

interface Sleeper {
  readonly time: number
  readonly wake: () => void
}

/** A clock that stands still until it is moved, and knows when everyone has caught up with it. */
export class StepClock implements Clock {
  #now = 0
  readonly #sleepers = new Set<Sleeper>()
  readonly #moving = new Set<() => void>()

  now(): number {
    return this.#now
  }

  async sleepUntil(time: number, signal: AbortSignal): Promise<void> {
    if (time <= this.#now || signal.aborted) return
    await new Promise<void>(resolve => {
      const sleeper = {
        time,
        wake: () => {
          this.#sleepers.delete(sleeper)
          signal.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', sleeper.wake)
      for (const asleep of this.#moving) asleep()
      this.#moving.clear()
    })
  }

  /** Moves on. Resolves when somebody waits for a later time: all before it has been delivered. */
  async advance(ms: number): Promise<void> {
    this.#now += ms
    const due = [...this.#sleepers].filter(({ time }) => time <= this.#now)
    for (const { wake } of due) wake()
    if (this.#sleepers.size === 0) await new Promise<void>(resolve => this.#moving.add(resolve))
  }
}
