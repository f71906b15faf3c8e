import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { arm } from '@hksv/hub'

import { CameraProcess } from './camera-process.mjs'
import { quickFaults, slowFaults } from './faults.mjs'
import { HonestHub } from './honest-hub.mjs'
import { growthOf, moreThan } from './leaks.mjs'
import { generator } from './random.mjs'

const SETUP_CODE = '031-45-154'
const BUSY = 2
const MOTION_MS = 10_000
const SEEN_MS = 5000
const CLIP_MS = 30_000
/** The camera notices an end that nobody told it within this. */
const IDLE_MS = 20_000
/** A prepared data stream has ten seconds. */
const REST_MS = 12_000
/** A source that fails again and again is started ever later. */
const RESTART_MS = 60_000
const WARM_EVENTS = 3
const SAMPLE_EVERY_MS = 1000

/**
 * Two hubs, one camera: events, and between them everything that goes wrong. After each fault the next
 * event has to give a clip without a fault, at the end nothing may be left.
 *
 * @param options.events How many; without it `minutes` count.
 * @param options.isLeaky The camera leaks: that has to be found.
 */
export async function soakEvents(options) {
  const { directory, seed, events, minutes = 5, isQuick = false, progress = () => {} } = options
  const random = generator(seed)
  const result = emptyResult()
  const camera = await CameraProcess.start(join(directory, 'camera'), options)
  const hubs = await pairedHubs(directory, await camera.call('info'))
  const scene = { camera, hubs, random, result }
  const draw = drawer(isQuick ? quickFaults : { ...quickFaults, ...slowFaults }, random)
  try {
    await arm(await hubs[0].client())
    for (let i = 0; i < WARM_EVENTS; i++) await event(scene)
    const before = await camera.call('handles')
    const samples = [await camera.call('memory')]
    const end = performance.now() + minutes * 60_000
    while (events === undefined ? performance.now() < end : result.events < events) {
      await fault(scene, draw())
      await event(scene)
      const { at } = samples.at(-1)
      const sample = await camera.call('memory')
      if (sample.at - at >= SAMPLE_EVERY_MS) samples.push(sample)
      progress(result)
    }
    Object.assign(result, { memory: growthOf(samples), handles: await restOf(camera, before) })
    await noteCamera(scene)
  } finally {
    for (const hub of hubs) await hub.close()
    await camera.stop().catch(() => camera.kill())
  }
  return { ...result, isGood: isGood(result) }
}

function emptyResult() {
  return {
    events: 0,
    /** Clips by outcome, faults by kind, recordings by who ended them and why. */
    clips: {},
    faults: {},
    endings: {},
    /** What did not go as it has to. @type {string[]} */
    failures: [],
    unhandledRejections: 0,
    warnings: 0,
    /** What is open at the end beyond what was at the beginning. @type {string[]} */
    handles: [],
    memory: growthOf([]),
  }
}

/** Two hubs of one home, connected. */
async function pairedHubs(directory, address) {
  const first = await HonestHub.open('first', join(directory, 'first'))
  const second = await HonestHub.open('second', join(directory, 'second'))
  await first.pair(address, SETUP_CODE)
  await first.admit(second)
  await second.client()
  return [first, second]
}

/** Each fault once in random order, then again in another. */
function drawer(faults, random) {
  let left = []
  return () => {
    if (left.length === 0) left = Object.entries(faults)
    return left.splice(random(left.length), 1)[0]
  }
}

async function fault({ camera, hubs, random, result }, [kind, run]) {
  result.faults[kind] = (result.faults[kind] ?? 0) + 1
  const first = random(2)
  const [hub, rival] = [hubs[first], hubs[1 - first]]
  try {
    await camera.until('it has nothing to send', ({ isReady }) => isReady, RESTART_MS)
    await run({ camera, random, hub, rival, client: await hub.client() })
  } catch (error) {
    fail(result, kind, error)
  }
}

/** Something moves, both hubs are told, and one of them records. */
async function event({ camera, hubs, random, result }) {
  const number = ++result.events
  const hub = hubs[random(2)]
  const outcome = name => {
    result.clips[name] = (result.clips[name] ?? 0) + 1
  }
  try {
    await camera.until('it still records', ({ isRecording }) => !isRecording, IDLE_MS)
    await camera.until('it has nothing to send', ({ isReady }) => isReady, RESTART_MS)
    const watches = await Promise.all(hubs.map(each => each.watch(AbortSignal.timeout(SEEN_MS))))
    await camera.call('motion', MOTION_MS)
    await Promise.all(watches.map(({ seen }) => seen))
    const { findings, fragments, end } = await hub.record(
      1 + random(4),
      AbortSignal.timeout(CLIP_MS),
    )
    if (findings.length > 0) fail(result, `event ${number}`, new Error(findings.join('; ')))
    if (!end.isComplete) fail(result, `event ${number}`, new Error(`${end.by}: ${end.reason}`))
    outcome(findings.length > 0 || fragments === 0 ? 'flawed' : end.isComplete ? 'good' : 'cut')
  } catch (error) {
    outcome(error?.status === BUSY ? 'refused as busy' : 'none')
    fail(result, `event ${number}`, error)
  } finally {
    await camera.call('still')
  }
}

/** @returns What is open at the end beyond what was at the beginning, once what has a term has ended. */
async function restOf(camera, before) {
  const deadline = performance.now() + REST_MS
  for (;;) {
    const rest = moreThan(before, await camera.call('handles'))
    if (rest.length === 0 || performance.now() > deadline) return rest
    await delay(SAMPLE_EVERY_MS)
  }
}

async function noteCamera({ camera, result }) {
  const { texts, ...counts } = await camera.call('faults')
  Object.assign(result, counts)
  for (const text of texts) fail(result, 'camera', new Error(text))
  for (const ending of await camera.call('closed')) {
    result.endings[ending] = (result.endings[ending] ?? 0) + 1
  }
}

function fail(result, where, error) {
  result.failures.push(`${where}: ${error?.message ?? error}`)
}

function isGood({ failures, handles, memory, unhandledRejections, warnings }) {
  const isLeaking = handles.length > 0 || memory.heapUsed.isLeak || memory.rss.isLeak
  return failures.length + unhandledRejections + warnings === 0 && !isLeaking
}
