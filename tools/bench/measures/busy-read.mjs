import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

import { Camera } from '../camera.mjs'
import { Controller } from '../controller.mjs'
import { median } from '../report.mjs'
import { Subject } from '../subject.mjs'

const READS = 400
const WARM_READS = 400
/** Between two reads, so that they meet the recording at any place. */
const PAUSE_MS = 2
const GROUPS = 60
const MEGABYTE = 1e6
/** How far our source may be ahead of the hub, in fragments of a megabyte. */
const LEAD = 8

/**
 * A read by a second controller while a hub records as fast as the camera can send. Hub, reader and
 * camera are three processes; the hub does not decrypt.
 */
export const busyRead = {
  name: 'busy-read',
  async prepare() {
    const sides = { ours: await watched('hksv'), theirs: await watched('hap-nodejs') }
    for (const side of Object.values(sides)) await readWhileRecording(side, WARM_READS)
    return {
      async run() {
        const ours = summary(await readWhileRecording(sides.ours, READS))
        const theirs = summary(await readWhileRecording(sides.theirs, READS))
        return Object.fromEntries(
          Object.keys(ours).map(key => [key, { ours: ours[key], theirs: theirs[key] }]),
        )
      },
      async stop() {
        for (const { camera, controller, hub } of Object.values(sides)) {
          controller.close()
          hub.stop()
          await camera.stop()
        }
      },
    }
  },
  rows: [
    {
      key: 'median',
      what: 'GET one characteristic during a recording',
      unit: 'ms',
      against: 'hap-nodejs',
      goal: 1 / 4,
    },
    { key: 'p99', what: 'the same, 99th percentile', unit: 'ms', against: 'hap-nodejs' },
    { key: 'worst', what: 'the same, the slowest', unit: 'ms', against: 'hap-nodejs' },
    { key: 'speed', what: 'the recording meanwhile', unit: 'MB/s', against: 'hap-nodejs' },
  ],
}

async function watched(name) {
  const camera = await Camera.start(name, { groups: GROUPS })
  await camera.pair()
  await camera.arm()
  const controller = await Controller.connect(camera)
  return { camera, controller, hub: new Subject('recording-hub') }
}

/** @returns Milliseconds of each read, and how fast the recording went. */
async function readWhileRecording({ camera, controller, hub }, reads) {
  const { subject, isLive } = camera
  await subject.call('deliver', isLive ? LEAD : Number.MAX_SAFE_INTEGER)
  await hub.call('open', await camera.dataStreamAddress())
  const path = controller.readPath('motionSensor', 'motionDetected')
  const feed = new AbortController()
  const fed = isLive ? feedWhile(feed.signal, subject, hub) : undefined
  await hub.call('received', 2 * MEGABYTE)
  const startedAt = performance.now()
  const before = await hub.call('received', 0)
  const times = []
  while (times.length < reads) {
    const askedAt = performance.now()
    await controller.get(path, 1)
    times.push(performance.now() - askedAt)
    await delay(PAUSE_MS)
  }
  const bytes = (await hub.call('received', 0)) - before
  const speed = bytes / 1000 / (performance.now() - startedAt)
  feed.abort()
  await fed
  await hub.call('close')
  return { times, speed }
}

/** Keeps our source ahead of the hub: it has no end, but the prebuffer has a size. */
async function feedWhile(signal, subject, hub) {
  for (let count = LEAD / 2; !signal.aborted; count += LEAD / 2) {
    await hub.call('received', count * MEGABYTE)
    await subject.call('deliver', LEAD / 2)
  }
}

function summary({ times, speed }) {
  const sorted = times.toSorted((a, b) => a - b)
  return {
    median: median(sorted),
    p99: sorted[Math.ceil(0.99 * sorted.length) - 1],
    worst: sorted.at(-1),
    speed,
  }
}
