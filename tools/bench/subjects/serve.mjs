// The child's end of a subject: answers the calls of the process that measures.
import process from 'node:process'

import { startProfile, stopProfile } from './profiler.mjs'

/**
 * Serves these methods, each taking one argument, and for all subjects `cpuMs`, the CPU this process
 * used so far, and a profile.
 */
export function serve(methods) {
  const all = { ...methods, cpuMs, startProfile, stopProfile }
  process.on('message', async ({ id, name, argument }) => {
    try {
      process.send({ id, result: await all[name](argument) })
    } catch (error) {
      process.send({ id, error: error.stack })
    }
  })
  process.on('disconnect', () => process.exit())
}

/** All threads of this process, user and system. */
export function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
