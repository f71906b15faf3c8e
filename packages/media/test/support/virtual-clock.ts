import type { Clock } from '@hksv/media'

/** Time that stands still, except for those who sleep. */
export class VirtualClock implements Clock {
  time = 1_000_000
  sleeps = 0

  now(): number {
    return this.time
  }

  async sleepUntil(time: number): Promise<void> {
    this.time = time
    this.sleeps++
  }
}
