import { setTimeout as delay } from 'node:timers/promises'

import { Camera } from '../camera.mjs'
import { residentMegabytes } from '../resident.mjs'
import { Subject } from '../subject.mjs'

const CAMERAS = 32
/** Until the prebuffers have their size, and what the pairing left behind is gone. */
const SETTLE_MS = 20_000
const MEASURED_MS = 20_000

/** Thirty-two cameras on the built-in sample in one process, paired, armed, and at rest. */
export const manyCameras = {
  name: 'many-cameras',
  platforms: ['linux'],
  isExact: true,
  async prepare() {
    return {
      async run() {
        const subject = new Subject('hksv-cameras')
        const cameras = []
        try {
          cameras.push(await armed(subject))
          const one = await atRest(subject)
          while (cameras.length < CAMERAS) cameras.push(await armed(subject))
          const all = await atRest(subject)
          return {
            cpu: { ours: all.cpu / CAMERAS, theirs: one.cpu },
            rss: { ours: (all.rss - one.rss) / (CAMERAS - 1), theirs: one.rss },
          }
        } finally {
          for (const camera of cameras) await camera.stop()
        }
      },
      async stop() {},
    }
  },
  rows: [
    {
      key: 'cpu',
      what: 'each of 32 armed cameras in one process, CPU',
      unit: '% of a core',
      against: 'one camera',
      limit: 1,
    },
    {
      key: 'rss',
      what: 'the same, RSS of each above the first',
      unit: 'MB',
      against: 'one camera, the process included',
      limit: 12,
    },
  ],
}

async function armed(subject) {
  const camera = await Camera.startIn(subject)
  await camera.pair()
  await camera.arm()
  camera.leave()
  return camera
}

/** @returns Percent of a core, and MB. */
async function atRest(subject) {
  await subject.call('allArmed')
  await delay(SETTLE_MS)
  const cpuMs = await subject.cpuMsOf(() => delay(MEASURED_MS))
  return { cpu: (100 * cpuMs) / MEASURED_MS, rss: await residentMegabytes(subject.pid) }
}
