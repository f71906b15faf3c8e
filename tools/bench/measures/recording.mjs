import { Camera } from '../camera.mjs'
import { FloorSender } from '../floor-sender.mjs'
import { median } from '../report.mjs'

/** Fragments that are prepared, and sent again and again. */
const GROUPS = 60
/** Fragments in a recording, a megabyte each. */
const FRAGMENTS = 600
/** Recordings of each side in a run, in turns: what disturbs the machine disturbs all of them. */
const TURNS = 2
/** As many as it takes until the code of every side is compiled as well as it gets. */
const WARM_TURNS = 2
/** How far our source may be ahead of the reader. */
const LEAD = 10

/**
 * From the open request until the recording is closed. For the first two rows the fragments are ready
 * on every side: rendered with the delegate of hap-nodejs, as payloads of HDS with the floor.
 */
export const recording = {
  name: 'recording',
  async prepare() {
    const ours = await armed('hksv', { hasFragments: true })
    const floor = await FloorSender.start(GROUPS)
    const whole = await armed('hksv')
    const theirs = await armed('hap-nodejs')
    const senders = { ours, floor, whole, theirs }
    for (let i = 0; i < WARM_TURNS; i++) await turn(senders)
    return {
      async run() {
        const turns = []
        for (let i = 0; i < TURNS; i++) turns.push(await turn(senders))
        const cost = key => median(turns.map(costs => costs[key]))
        return {
          peer: { ours: cost('ours'), theirs: cost('theirs') },
          floor: { ours: cost('ours'), theirs: cost('floor') },
          least: { ours: cost('floor'), theirs: cost('theirs') },
          whole: { ours: cost('whole'), theirs: cost('theirs') },
        }
      },
      async stop() {
        for (const sender of Object.values(senders)) await sender.stop()
      },
    }
  },
  rows: [
    {
      key: 'peer',
      what: 'recording over HDS, accessory CPU',
      unit: 's/GB',
      against: 'hap-nodejs',
      goal: 1 / 5,
      reason: 'sealing and the socket alone, two rows below, cost about as much as that',
    },
    {
      key: 'floor',
      what: 'recording over HDS, accessory CPU',
      unit: 's/GB',
      against: 'node:crypto and a socket',
      goal: 1.3,
      reason:
        'V8 collects all of a small heap for each 13 MB of ciphertext, and half of this is that; ' +
        '--heap-growing-percent=400 spares it',
    },
    {
      key: 'least',
      what: 'node:crypto and a socket alone',
      unit: 's/GB',
      against: 'hap-nodejs',
    },
    {
      key: 'whole',
      what: 'recording, source and Fragmenter included',
      unit: 's/GB',
      against: 'hap-nodejs, without them',
    },
  ],
}

async function armed(name, options = {}) {
  const camera = await Camera.start(name, { groups: GROUPS, ...options })
  await camera.pair()
  await camera.arm()
  return camera
}

/** @returns CPU seconds for a gigabyte of each sender, one after the other. */
async function turn(senders) {
  const costs = {}
  for (const [key, sender] of Object.entries(senders)) costs[key] = await record(sender)
  return costs
}

async function record(sender) {
  const { subject, isLive } = sender
  await subject.call('deliver', isLive ? LEAD : FRAGMENTS)
  const reader = await sender.dataStream()
  let bytes = 0
  const cpuMs = await subject.cpuMsOf(async () => {
    await reader.open()
    for (let count = LEAD / 2; isLive && count < FRAGMENTS; count += LEAD / 2) {
      bytes = await reader.read(count)
      await subject.call('deliver', LEAD / 2)
    }
    bytes = await reader.read(FRAGMENTS)
    await reader.close()
  })
  return cpuMs / 1000 / (bytes / 1e9)
}
