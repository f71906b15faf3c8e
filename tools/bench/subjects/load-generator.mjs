// Many controllers at once, in a process that is not the accessory's.
import { performance } from 'node:perf_hooks'

import { chooseProvider } from '@hksv/crypto/node'
import { ControllerStore } from '@hksv/hub'

import { RawSession } from '../raw-session.mjs'
import { cpuMs, serve } from './serve.mjs'

const crypto = chooseProvider()
const sessions = []

serve({
  /** Verifies `count` sessions with the accessory that this store is paired with. */
  async start({ store: directory, count }) {
    const store = await ControllerStore.open(directory, crypto)
    const [accessory] = await store.accessories()
    for (let i = 0; i < count; i++) {
      sessions.push(await RawSession.verified({ crypto, identity: store.identity, accessory }))
    }
  },
  /** Reads the path `count` times on each session. @returns What it took. */
  async read({ path, count }) {
    const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    for (const session of sessions) await session.prepare(request, count)
    const [startedAt, cpuBefore] = [performance.now(), cpuMs()]
    const times = await Promise.all(sessions.map(session => session.run()))
    const seconds = (performance.now() - startedAt) / 1000
    const ownCpu = (cpuMs() - cpuBefore) / 1000
    for (const session of sessions) session.check()
    const sorted = times.flat().sort((a, b) => a - b)
    return {
      aSecond: sorted.length / seconds,
      p99Ms: sorted[Math.ceil(0.99 * sorted.length) - 1],
      load: ownCpu / seconds,
    }
  },
})
