import type { Clock } from '@hksv/media'

const SPEED = 20

/** Media of a minute comes in three seconds. */
export const fast: Clock = {
  now: () => performance.now() * SPEED,
  async sleepUntil(time, signal) {
    const wait = (time - performance.now() * SPEED) / SPEED
    if (wait <= 0 || signal.aborted) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, wait)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  },
}
