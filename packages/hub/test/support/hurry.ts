import { onTestFinished, vi } from 'vitest'

/** Lets time pass, as much as it takes, whenever nothing else is left to do. */
export async function hurry<T>(work: Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  done.catch(() => undefined)
  while (!isDone) {
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    await vi.advanceTimersByTimeAsync(20)
  }
  vi.useRealTimers()
  return done
}
