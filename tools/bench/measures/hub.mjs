import { Camera } from '../camera.mjs'
import { median } from '../report.mjs'
import { Subject } from '../subject.mjs'

/** Fragments that are prepared, and sent again and again. */
const GROUPS = 60
/** Fragments in a recording, a megabyte each. */
const FRAGMENTS = 300
/** Recordings of each side in a run, in turns. */
const TURNS = 2
/** How far the source may be ahead of the hub. */
const LEAD = 10

/** Receiving a recording: from the open request until it is closed, by our hub and by next to nothing. */
export const hub = {
  name: 'hub',
  async prepare() {
    const camera = await Camera.start('hksv', { groups: GROUPS, hasFragments: true })
    await camera.pair()
    await camera.arm()
    const ours = new Subject('hub-recorder')
    await ours.call('start', { directory: camera.storeDirectory })
    const floor = new Subject('floor-receiver')
    const sides = {
      ours: { subject: ours, address: async () => undefined },
      floor: { subject: floor, address: () => camera.dataStreamAddress() },
    }
    await turn(camera, sides)
    return {
      async run() {
        const turns = []
        for (let i = 0; i < TURNS; i++) turns.push(await turn(camera, sides))
        const cost = key => median(turns.map(costs => costs[key]))
        return { receive: { ours: cost('ours'), theirs: cost('floor') } }
      },
      async stop() {
        for (const { subject } of Object.values(sides)) subject.stop()
        await camera.stop()
      },
    }
  },
  rows: [
    {
      key: 'receive',
      what: 'recording over HDS, hub CPU',
      unit: 's/GB',
      against: 'node:crypto and a socket',
      goal: 1.5,
    },
  ],
}

/** @returns CPU seconds for a gigabyte of each side, one after the other. */
async function turn(camera, sides) {
  const costs = {}
  for (const [key, side] of Object.entries(sides)) costs[key] = await record(camera, side)
  return costs
}

async function record(camera, { subject, address }) {
  await camera.subject.call('deliver', LEAD)
  const argument = await address()
  let bytes = 0
  const cpuMs = await subject.cpuMsOf(async () => {
    await subject.call('open', argument)
    for (let count = LEAD / 2; count < FRAGMENTS; count += LEAD / 2) {
      bytes = await subject.call('read', count)
      await camera.subject.call('deliver', LEAD / 2)
    }
    bytes = await subject.call('read', FRAGMENTS)
    await subject.call('close')
  })
  return cpuMs / 1000 / (bytes / 1e9)
}
