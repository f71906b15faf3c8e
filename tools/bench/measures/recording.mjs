import { Camera } from '../camera.mjs'
import { FloorSender, HksvSender } from '../senders.mjs'

/** Fragments that are prepared, and sent again and again. */
const GROUPS = 60
/** Fragments in a recording, a megabyte each. */
const FRAGMENTS = 240
/** How far our source may be ahead of the reader. */
const LEAD = 20

/**
 * From the open request until the recording is closed. For the first two rows the fragments are ready
 * on every side: rendered with the delegate of hap-nodejs, as payloads of HDS with the floor.
 */
export const recording = {
  name: 'recording',
  async prepare() {
    const ours = await HksvSender.start(GROUPS)
    const floor = await FloorSender.start(GROUPS)
    const whole = await armed('hksv')
    const theirs = await armed('hap-nodejs')
    const senders = { ours, floor, whole, theirs }
    const run = async () => {
      const costs = {}
      for (const [key, sender] of Object.entries(senders)) costs[key] = await record(sender)
      return {
        peer: { ours: costs.ours, theirs: costs.theirs },
        floor: { ours: costs.ours, theirs: costs.floor },
        whole: { ours: costs.whole, theirs: costs.theirs },
      }
    }
    await run()
    return {
      run,
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
      goal: 1 / 4,
    },
    {
      key: 'floor',
      what: 'recording over HDS, accessory CPU',
      unit: 's/GB',
      against: 'node:crypto and a socket',
      goal: 1.5,
    },
    {
      key: 'whole',
      what: 'the same, source and Fragmenter included',
      unit: 's/GB',
      against: 'hap-nodejs, without them',
    },
  ],
}

async function armed(name) {
  const camera = await Camera.start(name, { groups: GROUPS })
  await camera.pair()
  await camera.arm()
  return camera
}

/** @returns CPU seconds of the sender for a gigabyte. */
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
