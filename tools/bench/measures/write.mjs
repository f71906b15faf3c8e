import { cameraPair } from './camera-pair.mjs'

const WRITES = 1000
/** As many as it takes until the code of both sides is compiled as well as it gets. */
const WARM_WRITES = 4000
/** They wait for the disk. */
const KEPT_WRITES = 200

/** `PUT /characteristics` of one boolean, on one session. */
export const write = {
  name: 'write',
  async prepare() {
    const { ours, theirs, stop } = await cameraPair()
    const both = async measured => ({ ours: await measured(ours), theirs: await measured(theirs) })
    const run = async () => ({
      same: await both(controller => controller.cpuMsOfPut(same(controller), WRITES)),
      kept: await both(controller => controller.cpuMsOfPut(kept(controller), KEPT_WRITES)),
    })
    for (const controller of [ours, theirs]) {
      await controller.put(same(controller), WARM_WRITES)
      await controller.put(kept(controller), KEPT_WRITES)
    }
    return { run, stop }
  },
  rows: [
    {
      key: 'same',
      what: 'PUT of the value it has, accessory CPU',
      unit: 'ms',
      against: 'hap-nodejs',
      goal: 1 / 2,
    },
    {
      key: 'kept',
      what: 'PUT of a setting that both keep on disk',
      unit: 'ms',
      against: 'hap-nodejs',
    },
  ],
}

/** Of the camera's booleans the only one that the peer has and does not keep on disk. */
function same(controller) {
  return [controller.entryBody('microphone', 'mute', { value: false })]
}

/** Every value is a change, and both write it to a file; ours is synced before the answer. */
function kept(controller) {
  return [0, 1].map(value =>
    controller.entryBody('cameraOperatingMode', 'eventSnapshotsActive', { value }),
  )
}
