import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { Program } from '../program.mjs'

const SETTLE_MS = 5000

/**
 * What a camera that nobody uses keeps of the memory: `hksv camera` on the built-in sample, announced
 * on the network, against the peer's camera without a source, announced as well.
 */
export const memory = {
  name: 'memory',
  platforms: ['linux'],
  async prepare() {
    return {
      async run() {
        const storages = await Promise.all([temporary(), temporary()])
        const [ours, theirs] = [
          await Program.start('hksv', storages[0]),
          await Program.start('hap-nodejs', storages[1]),
        ]
        try {
          await delay(SETTLE_MS)
          const [a, b] = await Promise.all([memoryOf(ours), memoryOf(theirs)])
          return { rss: { ours: a.rss, theirs: b.rss }, pss: { ours: a.pss, theirs: b.pss } }
        } finally {
          await Promise.all([ours.stop(), theirs.stop()])
          for (const storage of storages) await rm(storage, { recursive: true, force: true })
        }
      },
      async stop() {},
    }
  },
  rows: [
    {
      key: 'rss',
      what: 'memory at rest, RSS',
      unit: 'MB',
      against: 'hap-nodejs, without a source',
      limit: 85,
    },
    {
      key: 'pss',
      what: 'the same, PSS',
      unit: 'MB',
      against: 'hap-nodejs, without a source',
    },
  ],
}

function temporary() {
  return mkdtemp(join(tmpdir(), 'hksv-bench-'))
}

async function memoryOf({ pid }) {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  const megabytes = name => {
    const [, kibibytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text) ?? []
    return (Number(kibibytes) * 1024) / 1e6
  }
  return { rss: megabytes('Rss'), pss: megabytes('Pss') }
}
