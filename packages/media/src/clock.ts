/** Time for sources that deliver at the pace of a camera. */
export interface Clock {
  /** Milliseconds that never go back; only differences count. */
  now(): number
  /** Resolves at `time` on the same count, or earlier when the signal aborts. */
  sleepUntil(time: number, signal: AbortSignal): Promise<void>
}

/** The time of the process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleepUntil: (time, signal) =>
    new Promise(resolve => {
      if (signal.aborted) return resolve()
      const wake = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.max(0, time - performance.now()))
      signal.addEventListener('abort', wake, { once: true })
    }),
}
