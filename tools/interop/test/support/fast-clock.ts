import { type Clock, systemClock } from '@hksv/media'

const SPEED = 20

/** Media of a minute comes in three seconds. */
export const fast: Clock = {
  now: () => systemClock.now() * SPEED,
  async sleepUntil(time, signal) {
    if (time > systemClock.now() * SPEED) await systemClock.sleepUntil(time / SPEED, signal)
  },
}
