import { setTimeout as delay } from 'node:timers/promises'

import { Camera } from '../camera.mjs'
import { median } from '../report.mjs'

const OPENS = 20
/** How long a fragment takes from our source into the prebuffer; more than enough. */
const FILL_MS = 50

/**
 * From the open request until the initialization, and the first fragment behind it, have arrived, on a
 * data stream that has said hello. The fragment, of a megabyte, is in the prebuffer already.
 */
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
        const of = (side, key) => median(times[side].map(each => each[key]))
        const pair = key => ({ ours: of('ours', key), theirs: of('theirs', key) })
        return { init: pair('initMs'), fragment: pair('fragmentMs') }
      },
      async stop() {
        await ours.stop()
        await theirs.stop()
      },
    }
  },
  rows: [
    {
      key: 'init',
      what: 'open request to mediaInitialization',
      unit: 'ms',
      against: 'hap-nodejs',
      limit: 5,
    },
    {
      key: 'fragment',
      what: 'open request to the first mediaFragment, 1 MB',
      unit: 'ms',
      against: 'hap-nodejs',
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
  await camera.subject.call('deliver', 1)
  await delay(FILL_MS)
  const reader = await camera.dataStream()
  const initMs = await reader.open()
  await reader.read(1)
  const { fragmentMs } = reader
  await reader.close()
  return { initMs, fragmentMs }
}
