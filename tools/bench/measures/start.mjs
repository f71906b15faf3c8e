import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Program } from '../program.mjs'

/** From the start of the process until its port takes a connection, on the wall clock. */
export const start = {
  name: 'start',
  async prepare() {
    const run = async () => {
      const ours = await startTwice('hksv')
      const theirs = await startTwice('hap-nodejs')
      return {
        fresh: { ours: ours.fresh, theirs: theirs.fresh },
        again: { ours: ours.again, theirs: theirs.again },
      }
    }
    // The files are in the cache of the system from then on, on both sides.
    await run()
    return { run, async stop() {} }
  },
  rows: [
    {
      key: 'fresh',
      what: 'first start until it listens',
      unit: 'ms',
      against: 'hap-nodejs',
      goal: 1,
    },
    {
      key: 'again',
      what: 'any later start until it listens',
      unit: 'ms',
      against: 'hap-nodejs',
      goal: 1,
    },
  ],
}

async function startTwice(name) {
  const storage = await mkdtemp(join(tmpdir(), 'hksv-bench-'))
  try {
    return { fresh: await startOnce(name, storage), again: await startOnce(name, storage) }
  } finally {
    await rm(storage, { recursive: true, force: true })
  }
}

async function startOnce(name, storage) {
  const program = await Program.start(name, storage, ['--no-mdns'])
  await program.stop()
  return program.listeningAfterMs
}
