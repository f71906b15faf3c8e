import { cameraPair } from './camera-pair.mjs'

const WRITES = 300

/** `PUT /characteristics` of one boolean, on one session. */
export const write = {
  name: 'write',
  async prepare() {
    const { ours, theirs, stop } = await cameraPair()
    const both = async measured => ({ ours: await measured(ours), theirs: await measured(theirs) })
    const run = async () => ({
      same: await both(controller => cpuMs(controller, ...MUTE, [false])),
      kept: await both(controller => cpuMs(controller, ...SNAPSHOTS, [0, 1])),
    })
    for (let i = 0; i < 2; i++) await run()
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
const MUTE = ['microphone', 'mute']
/** Every value is a change, and both write it to a file; ours is synced before the answer. */
const SNAPSHOTS = ['cameraOperatingMode', 'eventSnapshotsActive']

function cpuMs(controller, service, characteristic, values) {
  const bodies = values.map(value => controller.writeBody(service, characteristic, value))
  return controller.cpuMsOfPut(bodies, WRITES)
}
