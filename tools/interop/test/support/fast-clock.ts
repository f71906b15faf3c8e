import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@hksv/media'

const SPEED = 20

/**
 * Media of a minute comes in three seconds.
 *
 * It sleeps on timers that a test cannot fake: a source asleep on a faked one
 * would never wake once the test takes the real ones back.
 */
export const fast: Clock = {
  now: () => performance.now() * SPEED,
  async sleepUntil(time, signal) {
    const left = time / SPEED - performance.now()
    if (left > 0) await sleep(left, undefined, { signal }).catch(() => {})
  },
}
