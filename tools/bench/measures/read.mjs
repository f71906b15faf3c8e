import { cameraPair } from './camera-pair.mjs'

const READS = 300

/** `GET /characteristics` of one boolean, on one session. */
export const read = {
  name: 'read',
  async prepare() {
    const { ours, theirs, stop } = await cameraPair()
    const run = async () => ({ request: { ours: await cpuMs(ours), theirs: await cpuMs(theirs) } })
    for (let i = 0; i < 5; i++) await run()
    return { run, stop }
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
  return controller.cpuMsOfGet(controller.readPath('motionSensor', 'motionDetected'), READS)
}
