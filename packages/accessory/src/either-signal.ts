/**
 * A signal that aborts with the first of two. In Node 20, `AbortSignal.any` leaves an entry in each of
 * them for as long as it lives, which is the life of the camera for some.
 *
 * @returns The signal, and what lets go of both: call it when nobody waits any more.
 */
export function eitherSignal(
  one: AbortSignal,
  other: AbortSignal,
): { readonly signal: AbortSignal; readonly release: () => void } {
  const either = new AbortController()
  const abort = () => either.abort(one.aborted ? one.reason : other.reason)
  const signals = [one, other]
  for (const signal of signals) signal.addEventListener('abort', abort, { once: true })
  if (signals.some(({ aborted }) => aborted)) abort()
  return {
    signal: either.signal,
    release: () => {
      for (const signal of signals) signal.removeEventListener('abort', abort)
    },
  }
}
