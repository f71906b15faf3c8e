// The camera that the events soak does everything to: a process of its own, on a source that is faster
// than time and fails when it is told. It is told over IPC, and tells what it holds.
//
// usage: fork('camera-program.mjs', [STORAGE, '--leaky'?]), with --expose-gc
//
// --leaky forgets a timer with each recording: the fault that the soak has to find.
import { getEventListeners } from 'node:events'
import { readdirSync } from 'node:fs'
import process from 'node:process'

import { startCamera } from '../../packages/accessory/dist/index.js'
import { FaultySource } from './faulty-source.mjs'

const [storage = '', option] = process.argv.slice(2)
const isLeaky = option === '--leaky'
const counts = { unhandledRejections: 0, warnings: 0 }
const faults = []
const closed = []
process.on('unhandledRejection', error => {
  counts.unhandledRejections++
  faults.push(`unhandled rejection: ${error instanceof Error ? error.stack : error}`)
})
process.on('warning', ({ name, message }) => {
  counts.warnings++
  faults.push(`${name}: ${message}`)
})

const LEAK_MS = 60_000
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const source = await FaultySource.open()
const camera = await startCamera({
  name: 'Soak',
  source,
  storage,
  setupCode: '031-45-154',
  host: '127.0.0.1',
  port: 0,
  mdns: false,
  log: quiet,
  onEvent(event) {
    if (event.event !== 'recording-closed') return
    closed.push(`${event.endedBy}: ${event.reason}`)
    if (isLeaky) setInterval(() => undefined, LEAK_MS)
  },
})

const methods = {
  info: () => camera.info,
  motion: durationMs => camera.raiseMotion(durationMs),
  still: () => camera.clearMotion(),
  source: fault => source.fail(fault),
  state: () => ({ ...camera.state, isReady: camera.state.prebufferBytes > 0 }),
  /** How recordings ended since the last call. */
  closed: () => closed.splice(0),
  faults: () => ({ ...counts, texts: faults.splice(0) }),
  memory() {
    globalThis.gc()
    const { heapUsed, rss } = process.memoryUsage()
    return { heapUsed, rss, at: performance.now() }
  },
  /** What is open, by kind, and who listens to what outlives an event. */
  handles() {
    const kinds = {}
    for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1
    const emitted = process.eventNames().map(name => process.listenerCount(name))
    return {
      ...kinds,
      descriptors: readdirSync('/proc/self/fd').length,
      listeners: emitted.reduce((sum, count) => sum + count, 0),
      sourceListeners: source.signal ? getEventListeners(source.signal, 'abort').length : 0,
    }
  },
  async close() {
    await camera.close()
    await source[Symbol.asyncDispose]()
  },
}

process.on('message', async ({ id, name, argument }) => {
  try {
    process.send({ id, result: await methods[name](argument) })
  } catch (error) {
    process.send({ id, error: error instanceof Error ? error.stack : String(error) })
  }
})
process.on('disconnect', () => process.exit())
process.send({ id: 'ready' })
