import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

import { Camera } from '../camera.mjs'
import { Subject } from '../subject.mjs'

const MIB = 2 ** 20
/** Fragments on offer, a megabyte each, and how often one is: 300 MB in half a minute. */
const OFFER = { count: 300, everyMs: 100 }
/** What is offered before, so that the prebuffer has its size. */
const WARM_OFFER = { count: 60, everyMs: 100 }
const BYTES_A_SECOND = 1_000_000
const GROUPS = 60
const SAMPLE_MS = 100

/** How the memory of a camera grows while a hub reads slower than its source delivers. */
export const slowHub = {
  name: 'slow-hub',
  platforms: ['linux'],
  async prepare() {
    return {
      async run() {
        const sides = { ours: await armed('hksv'), theirs: await armed('hap-nodejs') }
        try {
          const ours = await growth(sides.ours)
          const theirs = await growth(sides.theirs)
          return {
            growth: { ours: ours.mib, theirs: theirs.mib },
            taken: { ours: ours.taken, theirs: theirs.taken },
          }
        } finally {
          for (const { camera, hub } of Object.values(sides)) {
            hub.stop()
            await camera.stop()
          }
        }
      },
      async stop() {},
    }
  },
  rows: [
    {
      key: 'growth',
      what: 'RSS growth, a hub that takes 1 MB/s of 10 MB/s',
      unit: 'MiB',
      against: 'hap-nodejs',
      limit: 32,
    },
    { key: 'taken', what: 'what the hub took of 300 MB', unit: 'MB', against: 'hap-nodejs' },
  ],
}

async function armed(name) {
  const camera = await Camera.start(name, { groups: GROUPS })
  await camera.pair()
  await camera.arm()
  const hub = new Subject('recording-hub')
  return { camera, hub }
}

/** @returns How much the resident memory grew at most, and what the hub took. */
async function growth({ camera, hub }) {
  const { subject } = camera
  await record(camera, hub, WARM_OFFER)
  const before = await residentBytes(subject.pid)
  let most = before
  const offered = record(camera, hub, { ...OFFER, bytesASecond: BYTES_A_SECOND })
  let isOver = false
  const end = offered.finally(() => {
    isOver = true
  })
  while (!isOver) {
    most = Math.max(most, await residentBytes(subject.pid))
    await delay(SAMPLE_MS)
  }
  return { mib: (most - before) / MIB, taken: (await end) / 1e6 }
}

/** One recording while the offer lasts. @returns The bytes that the hub took. */
async function record(camera, hub, { bytesASecond, ...offer }) {
  const { subject } = camera
  await subject.call('deliver', camera.isLive ? 1 : 0)
  await hub.call('open', { ...(await camera.dataStreamAddress()), bytesASecond })
  await subject.call('offer', offer)
  const bytes = await hub.call('received', 0)
  await hub.call('close')
  return bytes
}

async function residentBytes(pid) {
  const text = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(text) ?? []
  return Number(kibibytes) * 1024
}
