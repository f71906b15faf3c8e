import { Camera } from '../camera.mjs'
import { Controller } from '../controller.mjs'
import { Subject } from '../subject.mjs'

const SESSIONS = 32
/** On each session in a run. */
const READS = 500

/**
 * Thirty-two verified sessions, each reading one characteristic as soon as its last read is answered.
 * The readers are one process and the accessory is another, on a machine that has a core for each.
 */
export const sessions = {
  name: 'sessions',
  async prepare() {
    const ours = await besieged('hksv')
    const theirs = await besieged('hap-nodejs')
    const run = async () => {
      const [a, b] = [await read(ours), await read(theirs)]
      return {
        aSecond: { ours: a.aSecond, theirs: b.aSecond },
        p99: { ours: a.p99Ms, theirs: b.p99Ms },
        cpu: { ours: a.cpuMs, theirs: b.cpuMs },
        load: { ours: 100 * a.load, theirs: 100 * b.load },
      }
    }
    await run()
    return {
      run,
      async stop() {
        for (const { camera, generator } of [ours, theirs]) {
          generator.stop()
          await camera.stop()
        }
      },
    }
  },
  rows: [
    {
      key: 'aSecond',
      what: '32 sessions reading at once',
      unit: 'reads/s',
      against: 'hap-nodejs',
      least: 2,
    },
    { key: 'p99', what: 'the same, 99th percentile', unit: 'ms', against: 'hap-nodejs', goal: 1 },
    { key: 'cpu', what: 'the same, accessory CPU a read', unit: 'ms', against: 'hap-nodejs' },
    { key: 'load', what: 'the same, how busy the readers were', unit: '%', against: 'hap-nodejs' },
  ],
}

async function besieged(name) {
  const camera = await Camera.start(name, { kind: 'light' })
  await camera.pair()
  const controller = await Controller.connect(camera)
  const path = controller.readPath('lightbulb', 'on')
  controller.close()
  const generator = new Subject('load-generator')
  await generator.call('start', { store: camera.storeDirectory, count: SESSIONS })
  return { camera, generator, path }
}

async function read({ camera, generator, path }) {
  let result
  const cpuMs = await camera.subject.cpuMsOf(async () => {
    result = await generator.call('read', { path, count: READS })
  })
  return { ...result, cpuMs: cpuMs / (SESSIONS * READS) }
}
