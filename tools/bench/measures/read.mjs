import { bothSides } from '../both-sides.mjs'

const READS = 1000
/** As many as it takes until the code of both sides is compiled as well as it gets. */
const WARM_READS = 4000

/** `GET /characteristics` of a light bulb's `on`, on one session. */
export const read = {
  name: 'read',
  async prepare() {
    const { ours, theirs, stop } = await bothSides('light')
    for (const controller of [ours, theirs]) await controller.get(pathOf(controller), WARM_READS)
    return {
      async run() {
        return { request: { ours: await cpuMs(ours), theirs: await cpuMs(theirs) } }
      },
      stop,
    }
  },
  rows: [
    {
      key: 'request',
      what: 'GET one characteristic, accessory CPU',
      unit: 'ms',
      against: 'hap-nodejs',
      goal: 1 / 2,
    },
  ],
}

function cpuMs(controller) {
  return controller.cpuMsOfGet(pathOf(controller), READS)
}

function pathOf(controller) {
  return controller.readPath('lightbulb', 'on')
}
