import process from 'node:process'

/**
 * Runs something that SIGINT and SIGTERM end in good order.
 *
 * @param work Ends soon after its signal has aborted.
 */
export async function untilStopped<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const interrupted = () => stop.abort(new Error('Stopped.'))
  process.on('SIGINT', interrupted)
  process.on('SIGTERM', interrupted)
  try {
    return await work(stop.signal)
  } finally {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
  }
}
