/**
 * Waits for a time, or until it is woken. Leaves neither a timer nor a listener behind.
 *
 * @param onBegin Is given what ends the wait early, and returns what to do afterwards.
 * @throws The reason of `signal` when it aborts.
 */
export async function wait(
  milliseconds: number,
  signal: AbortSignal | undefined,
  onBegin: (wake: () => void) => () => void = () => () => undefined,
): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>(resolve => {
    const wake = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', wake)
      stop()
      resolve()
    }
    const timer = setTimeout(wake, milliseconds)
    signal?.addEventListener('abort', wake)
    const stop = onBegin(wake)
  })
  signal?.throwIfAborted()
}
