import { bothSides } from '../both-sides.mjs'

const WRITES = 1000
/** As many as it takes until the code of both sides is compiled as well as it gets. */
const WARM_WRITES = 4000
/** They wait for the disk. */
const KEPT_WRITES = 200

/**
 * `PUT /characteristics` of one boolean, on one session: a light bulb's `on`, which is in memory alone
 * on both sides, and a camera's setting, which both keep on the disk. Ours is synced before the answer.
 */
export const write = {
  name: 'write',
  async prepare() {
    const light = await bothSides('light')
    const camera = await bothSides('camera')
    const run = async () => ({
      same: await measured(light, WRITES, on(true)),
      changed: await measured(light, WRITES, on(true, false)),
      kept: await measured(camera, KEPT_WRITES, snapshots(0, 1)),
    })
    for (const side of [light.ours, light.theirs])
      await side.put(on(true, false)(side), WARM_WRITES)
    return {
      run,
      async stop() {
        await light.stop()
        await camera.stop()
      },
    }
  },
  rows: [
    {
      key: 'changed',
      what: 'PUT of another value, accessory CPU',
      unit: 'ms',
      against: 'hap-nodejs',
      goal: 1 / 2,
    },
    {
      key: 'same',
      what: 'PUT of the value it has',
      unit: 'ms',
      against: 'hap-nodejs',
      goal: 1 / 2,
    },
    {
      key: 'kept',
      what: "PUT of a camera's setting, kept on disk",
      unit: 'ms',
      against: 'hap-nodejs, not synced',
    },
  ],
}

async function measured({ ours, theirs }, count, bodies) {
  return {
    ours: await ours.cpuMsOfPut(bodies(ours), count),
    theirs: await theirs.cpuMsOfPut(bodies(theirs), count),
  }
}

/** The bodies that write these values in turn, made by whom they are written to. */
function on(...values) {
  return side => values.map(value => side.entryBody('lightbulb', 'on', { value }))
}

function snapshots(...values) {
  return side =>
    values.map(value => side.entryBody('cameraOperatingMode', 'eventSnapshotsActive', { value }))
}
