import type { Group } from '../harness/group.ts'
import { type HonestTimes, serveHonestly } from '../harness/honest.ts'
import { request } from '../harness/request.ts'
import type { Stage } from '../harness/stage.ts'
import type { Tally } from '../harness/tally.ts'
import type { Wire } from '../harness/wire.ts'

const LORISES = 200
const IDLERS = 1000
/** What each of them would say, a byte at a time, and never to the end. */
const SLOW = Buffer.from(`POST /pair-verify HTTP/1.1\r\nHost: camera\r\nX: ${'x'.repeat(4000)}`)
const UNFINISHED = request('POST', '/pair-verify', new Uint8Array(99)).subarray(0, -9)

/** Strangers that keep connections busy with requests that never end. */
export const slowLoris: Group = {
  name: '200 slow strangers',
  on: 'paired camera',
  async run(stage, tally) {
    const crowd = new Crowd(stage, LORISES)
    await crowd.gather()
    await serveMeanwhile(stage, tally, 'slow strangers', () => crowd.speak())
    await crowd.leave(tally)
  },
}

/** The same with a new camera: somebody pairs while they are there. */
export const slowLorisOfNewCamera: Group = {
  name: '200 slow strangers at a new camera',
  on: 'new camera',
  async run(stage, tally) {
    const crowd = new Crowd(stage, LORISES)
    await crowd.gather()
    const pairing = ended(stage.controller.pair(stage.port))
    tally.expect('an honest controller', await meanwhile(pairing, () => crowd.speak()), ['served'])
    await crowd.leave(tally)
  },
}

/** A thousand connections in the same moment, on which nobody says a word. */
export const idleCrowd: Group = {
  name: '1,000 idle connections at once',
  on: 'paired camera',
  async run(stage, tally) {
    const wires = await Promise.all(Array.from({ length: IDLERS }, () => stage.stranger()))
    await serveMeanwhile(stage, tally, 'idle strangers', async () => undefined)
    await stage.fence()
    for (const wire of wires) {
      tally.expect('an idle connection', stage.silence(wire), ['ignored', 'closed'])
      await wire.drop()
    }
  },
}

/** Serves an honest controller while others go on with what they do. */
async function serveMeanwhile(
  stage: Stage,
  tally: Tally,
  whom: string,
  goOn: () => Promise<void>,
): Promise<void> {
  const served: Promise<HonestTimes> = serveHonestly(stage)
  const outcome = await meanwhile(ended(served), goOn)
  tally.expect(`an honest controller among ${whom}`, outcome, ['served'])
  const times = await served.catch(() => undefined)
  if (times !== undefined) {
    tally.note(
      `meanwhile verify ${times.verify.toFixed(2)} ms, accessories ${times.accessories.toFixed(2)} ms, ` +
        `write ${times.write.toFixed(2)} ms, event ${times.event.toFixed(2)} ms`,
    )
  }
}

/** Goes on with something else until `work` is done. */
async function meanwhile<T>(work: Promise<T>, goOn: () => Promise<void>): Promise<T> {
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  while (!isDone) {
    await goOn()
    await new Promise(resolve => setImmediate(resolve))
  }
  return done
}

async function ended(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'served'
  } catch (error) {
    return `not served (${error instanceof Error ? error.message : error})`
  }
}

/** Half of them write heads byte by byte, the others have a body that never ends. */
class Crowd {
  readonly #stage: Stage
  readonly #size: number
  readonly #wires: { wire: Wire; at: number }[] = []

  constructor(stage: Stage, size: number) {
    this.#stage = stage
    this.#size = size
  }

  async gather(): Promise<void> {
    for (let i = 0; i < this.#size; i++) this.#wires.push(await this.#newcomer(i))
  }

  /** Each says one byte more. */
  async speak(): Promise<void> {
    for (const slow of this.#wires) {
      if (slow.wire.isClosed || slow.at >= SLOW.length) continue
      slow.wire.write(SLOW.subarray(slow.at, slow.at + 1))
      slow.at++
    }
  }

  /** Counts how they ended, and ends those who are left. */
  async leave(tally: Tally): Promise<void> {
    await this.#stage.fence()
    for (const { wire } of this.#wires) {
      tally.expect('a slow stranger', this.#stage.silence(wire), ['ignored', 'closed'])
      await wire.drop()
    }
  }

  async #newcomer(index: number): Promise<{ wire: Wire; at: number }> {
    const wire = await this.#stage.stranger()
    if (index % 2 === 0) return { wire, at: 0 }
    wire.write(UNFINISHED)
    return { wire, at: SLOW.length }
  }
}
