// Watches over a fuzzing worker from outside: only so can an endless loop be seen and ended.
import { Worker } from 'node:worker_threads'

/** Words at the start of the shared memory; the input that runs follows them. */
export const RUNS = 0
export const LENGTH = 1
export const HEADER_BYTES = 8

/**
 * Runs one target until its time is up, its runs are done or a fault is found.
 *
 * @param keep Called with each input that lit something new.
 * @returns runs, kept, features, edges, ms, `minimal` inputs when asked for, and `crash: { input, why }`
 * for a fault.
 */
export function supervise(job, keep) {
  const shared = new SharedArrayBuffer(HEADER_BYTES + job.maxLength)
  const header = new Int32Array(shared, 0, 2)
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
    workerData: { ...job, shared },
    resourceLimits: { maxOldGenerationSizeMb: job.memoryMb },
  })
  const start = performance.now()
  const summary = { kept: 0, features: 0, edges: 0 }
  return new Promise(resolve => {
    let watchdog

    worker.on('message', message => {
      if (message.isReady) {
        watchdog = watch(header, job.stallSeconds, finish)
      } else if (message.kept !== undefined) {
        summary.kept++
        keep(message.kept)
      } else {
        const { why, ...found } = message
        Object.assign(summary, found)
        finish(why)
      }
    })
    // Out of memory, or a fault of the target that no try can catch.
    worker.on('error', error => finish(String(error)))
    worker.on('exit', code => finish(`the target ended its thread with ${code}`))

    function finish(why) {
      clearInterval(watchdog)
      worker.removeAllListeners()
      const input = new Uint8Array(shared, HEADER_BYTES, Atomics.load(header, LENGTH)).slice()
      const crash = why === undefined ? undefined : { input, why }
      const runs = Atomics.load(header, RUNS)
      const ms = performance.now() - start
      worker.terminate().then(() => resolve({ ...summary, runs, ms, crash }))
    }
  })
}

/** Calls `finish` when no run has ended between two looks. @returns The interval. */
function watch(header, stallSeconds, finish) {
  let lastRuns = -1
  return setInterval(() => {
    const runs = Atomics.load(header, RUNS)
    if (runs === lastRuns) finish(`no end after ${stallSeconds} s`)
    lastRuns = runs
  }, 1000 * stallSeconds)
}
