import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { Camera } from './harness/camera.ts'
import { Controller } from './harness/controller.ts'
import type { Group } from './harness/group.ts'
import { findNightVision, type HonestTimes, serveHonestly } from './harness/honest.ts'
import { serveHub } from './harness/hub.ts'
import { type Scale, Stage } from './harness/stage.ts'
import { Tally } from './harness/tally.ts'

const RSS_MARGIN = 20 * 1024 * 1024
const SETTLE_MS = 60_000
const POLL_MS = 250
/** How often the honest rounds run before they are measured: code is compiled, buffers are there. */
const WARM_UP = 16
/** Growth of the prebuffer below which it counts as full, and for how many looks. */
const STEADY_BYTES = 1024 * 1024
const STEADY_LOOKS = 12

/** What the process is like at one moment. */
export interface Vitals {
  readonly times: HonestTimes
  readonly residentBytes: number
  readonly descriptors: number
}

/** One camera process, from its start over all groups to the check that nothing of them is left. */
export class Suite {
  readonly stage: Stage
  readonly #directory: string
  readonly #before: Vitals

  private constructor(stage: Stage, directory: string, before: Vitals) {
    this.stage = stage
    this.#directory = directory
    this.#before = before
  }

  /** Starts the camera, and takes its measure while it serves an honest controller. */
  static async start(root: string, scale: Scale): Promise<Suite> {
    const directory = await mkdtemp(join(tmpdir(), 'hksv-hostile-'))
    const camera = await Camera.start(root, join(directory, 'camera'))
    const stage = new Stage(root, camera, new Controller('honest'), scale)
    await stage.controller.pair(camera.port)
    stage.nightVision = await findNightVision(stage)
    for (let i = 0; i < WARM_UP; i++) await serveHonestly(stage)
    await steady(camera)
    const before = await vitals(stage)
    return new Suite(stage, directory, before)
  }

  get before(): Vitals {
    return this.#before
  }

  /** Runs a group on a camera that is paired, or not, as it wants it. */
  async run({ on, run }: Group): Promise<Tally> {
    const { controller, port } = this.stage
    const isPaired = controller.accessory !== undefined
    if (on === 'new camera' && isPaired) await controller.unpair(port)
    if (on === 'paired camera' && !isPaired) await controller.pair(port)
    const tally = new Tally()
    await run(this.stage, tally)
    return tally
  }

  /**
   * What is left of it all: first a home hub does what it does with any camera, then the process is
   * measured. Memory and descriptors may take a while: they are looked at until they
   * are what they were, for a minute at most.
   */
  async after(): Promise<Vitals> {
    const { controller, port } = this.stage
    if (controller.accessory !== undefined) await controller.unpair(port)
    await serveHub(port, join(this.#directory, 'hub'))
    await controller.pair(port)
    await this.stage.close()
    const goal = this.#before
    let now = await vitals(this.stage)
    const from = performance.now()
    while (performance.now() - from < SETTLE_MS && !isBack(goal, now)) {
      await sleep(POLL_MS)
      // A camera that somebody looks at collects its garbage; one that idles may not for minutes.
      now = await vitals(this.stage)
    }
    return now
  }

  /** Stops the camera and removes its storage. @returns Its exit code. */
  async stop(): Promise<number | null> {
    await this.stage.close()
    const code = await this.stage.camera.stop()
    await rm(this.#directory, { recursive: true, force: true })
    return code
  }
}

/** Whether the process holds no more than before, up to 20 MB. */
export function isBack(before: Vitals, after: Omit<Vitals, 'times'>): boolean {
  return (
    after.residentBytes <= before.residentBytes + RSS_MARGIN &&
    after.descriptors <= before.descriptors
  )
}

async function vitals(stage: Stage): Promise<Vitals> {
  const times = await serveHonestly(stage)
  // The camera has seen that all these connections have ended.
  await stage.fence()
  await stage.close()
  await sleep(POLL_MS)
  return { times, ...(await footprint(stage)) }
}

/** Waits until the memory of a camera that has just started grows no more. */
async function steady(camera: Camera): Promise<void> {
  const from = performance.now()
  let most = 0
  for (let looks = 0; looks < STEADY_LOOKS && performance.now() - from < SETTLE_MS; looks++) {
    const now = await camera.residentBytes()
    if (now > most + STEADY_BYTES) {
      most = now
      looks = 0
    }
    await sleep(POLL_MS)
  }
}

async function footprint({ camera }: Stage): Promise<Omit<Vitals, 'times'>> {
  return {
    residentBytes: await camera.residentBytes(),
    descriptors: await camera.descriptors(),
  }
}
