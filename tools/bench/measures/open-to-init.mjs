import { Camera } from '../camera.mjs'
import { median } from '../report.mjs'

const OPENS = 20

/** From the open request until the initialization arrives, on a data stream that has said hello. */
export const openToInit = {
  name: 'open-to-init',
  async prepare() {
    const ours = await armed('hksv')
    const theirs = await armed('hap-nodejs')
    return {
      async run() {
        const times = { ours: [], theirs: [] }
        for (let i = 0; i < OPENS; i++) {
          times.ours.push(await open(ours))
          times.theirs.push(await open(theirs))
        }
        return { open: { ours: median(times.ours), theirs: median(times.theirs) } }
      },
      async stop() {
        await ours.stop()
        await theirs.stop()
      },
    }
  },
  rows: [
    {
      key: 'open',
      what: 'open request to mediaInitialization',
      unit: 'ms',
      against: 'hap-nodejs',
      goal: 1,
    },
  ],
}

async function armed(name) {
  const camera = await Camera.start(name)
  await camera.pair()
  await camera.arm()
  for (let i = 0; i < OPENS; i++) await open(camera)
  return camera
}

async function open(camera) {
  const reader = await camera.dataStream()
  const ms = await reader.open()
  await reader.close()
  return ms
}
