/** A signal that ends with others, and what to do with it. */
export interface Scope {
  readonly signal: AbortSignal
  abort(reason: unknown): void
}

/**
 * Runs `work` with a signal of its own, which aborts with the first of `signals`. Nothing hangs on
 * `signals` afterwards: they may live long.
 */
export async function scoped<T>(
  signals: readonly (AbortSignal | undefined)[],
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const parents = signals.filter(signal => signal !== undefined)
  const stops = parents.map(parent => {
    const stop = () => controller.abort(parent.reason)
    if (parent.aborted) stop()
    else parent.addEventListener('abort', stop)
    return () => parent.removeEventListener('abort', stop)
  })
  const { signal } = controller
  try {
    return await work({ signal, abort: reason => controller.abort(reason) })
  } finally {
    for (const stop of stops) stop()
  }
}

/**
 * Waits for `work`, or until `signal` aborts; what it began goes on by itself then.
 *
 * @throws The reason of `signal`.
 */
export async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  // Whichever is first is told; the other one is nobody's.
  work.catch(() => undefined)
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
