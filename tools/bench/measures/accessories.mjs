import { bothSides } from '../both-sides.mjs'

const READS = 300
/** As many as it takes until the code of both sides is compiled as well as it gets. */
const WARM_READS = 2500

/** `GET /accessories` on one session: the whole database of a Secure Video camera. */
export const accessories = {
  name: 'accessories',
  async prepare() {
    const { ours, theirs, stop } = await bothSides('camera')
    const run = async () => {
      const request = { ours: await read(ours), theirs: await read(theirs) }
      const sizes = [ours.size, theirs.size]
      const both = measured => ({ ours: measured(0), theirs: measured(1) })
      return {
        request,
        count: both(i => sizes[i].characteristics),
        body: both(i => sizes[i].bytes),
        each: {
          ours: (1000 * request.ours) / ours.size.characteristics,
          theirs: (1000 * request.theirs) / theirs.size.characteristics,
        },
      }
    }
    for (const controller of [ours, theirs]) await controller.get('/accessories', WARM_READS)
    return { run, stop }
  },
  rows: [
    {
      key: 'request',
      what: 'GET /accessories, accessory CPU',
      unit: 'ms',
      against: 'hap-nodejs',
      goal: 1 / 3,
    },
    {
      key: 'each',
      what: 'the same, for each characteristic in it',
      unit: 'µs',
      against: 'hap-nodejs',
      goal: 1 / 3,
    },
    { key: 'count', what: 'characteristics of the camera', unit: '', against: 'hap-nodejs' },
    { key: 'body', what: 'body of GET /accessories', unit: 'bytes', against: 'hap-nodejs' },
  ],
}

function read(controller) {
  return controller.cpuMsOfGet('/accessories', READS)
}
