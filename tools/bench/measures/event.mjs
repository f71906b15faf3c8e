import { performance } from 'node:perf_hooks'

import { Camera } from '../camera.mjs'
import { Controller } from '../controller.mjs'
import { median } from '../report.mjs'

const EVENTS = 10
const WARM_EVENTS = 20

/**
 * From a controller's write until the event arrives at another one, which has just connected: what
 * is sent to it may not wait for anything that was sent before.
 */
export const event = {
  name: 'event',
  async prepare() {
    const ours = await writing('hksv')
    const theirs = await writing('hap-nodejs')
    for (let i = 0; i < WARM_EVENTS; i++) await Promise.all([report(ours), report(theirs)])
    return {
      async run() {
        const times = { ours: [], theirs: [] }
        for (let i = 0; i < EVENTS; i++) {
          times.ours.push(await report(ours))
          times.theirs.push(await report(theirs))
        }
        return { event: { ours: median(times.ours), theirs: median(times.theirs) } }
      },
      async stop() {
        for (const { camera, controller } of [ours, theirs]) {
          controller.close()
          await camera.stop()
        }
      },
    }
  },
  rows: [
    {
      key: 'event',
      what: "a controller's write to another's event",
      unit: 'ms',
      against: 'hap-nodejs',
      limit: 5,
    },
  ],
}

async function writing(name) {
  const camera = await Camera.start(name, { kind: 'light' })
  await camera.pair()
  const controller = await Controller.connect(camera)
  return { camera, controller, next: true }
}

/** @returns Milliseconds. */
async function report(side) {
  const { camera, controller } = side
  const listener = await camera.session()
  const subscription = controller.entryBody('lightbulb', 'on', { ev: true })
  await listener.request('PUT', '/characteristics', subscription)
  const arrived = new Promise(resolve => listener.onEvent(() => resolve(performance.now())))
  const body = controller.entryBody('lightbulb', 'on', { value: side.next })
  side.next = !side.next
  const writtenAt = performance.now()
  await controller.put([body], 1)
  const ms = (await arrived) - writtenAt
  listener.close()
  return ms
}
