import process from 'node:process'

/** Time for goodbyes and for what is still to be written. */
export const SHUTDOWN_MS = 4500

/** Resolves at SIGINT or SIGTERM. */
export function signalled(): Promise<void> {
  return new Promise(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
