import { setTimeout as delay } from 'node:timers/promises'

import { Camera } from '../camera.mjs'

/** What a start leaves to be done afterwards is not pairing. */
const SETTLE_MS = 300

/** From the first connection until the pairing is stored, in a process that was started for it. */
export const pairSetup = {
  name: 'pair-setup',
  async prepare() {
    return {
      async run() {
        return { pairing: { ours: await once('hksv'), theirs: await once('hap-nodejs') } }
      },
      async stop() {},
    }
  },
  rows: [
    {
      key: 'pairing',
      what: 'pair-setup, accessory CPU',
      unit: 'ms',
      against: 'hap-nodejs',
      goal: 1 / 10,
    },
  ],
}

async function once(name) {
  const camera = await Camera.start(name)
  try {
    await delay(SETTLE_MS)
    return await camera.subject.cpuMsOf(() => camera.pair())
  } finally {
    await camera.stop()
  }
}
