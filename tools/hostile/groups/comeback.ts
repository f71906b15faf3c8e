import { answered } from '../harness/controller.ts'
import type { Group } from '../harness/group.ts'
import { request } from '../harness/request.ts'
import type { Stage } from '../harness/stage.ts'
import type { Tally } from '../harness/tally.ts'
import type { Wire } from '../harness/wire.ts'

const CROWD = 40
/** A controller that is put out tries again; so often is enough for each of its steps. */
const ATTEMPTS = 30

/** Strangers that say nothing, and connect again as soon as they are put out, while somebody pairs. */
export const comebackAtNewCamera: Group = {
  name: 'strangers that come back, at a new camera',
  on: 'new camera',
  run: (stage, tally) => besiege(stage, tally, () => stage.controller.pair(stage.port)),
}

/** The same while a controller that is paired verifies and asks. */
export const comeback: Group = {
  name: 'strangers that come back',
  on: 'paired camera',
  async run(stage, tally) {
    await besiege(stage, tally, async () => {
      const wire = await stage.verified()
      for (let i = 0; i < 20; i++) answered(await wire.ask(request('GET', '/accessories')))
      await wire.drop()
    })
  },
}

async function besiege(stage: Stage, tally: Tally, honest: () => Promise<unknown>): Promise<void> {
  let isOver = false
  const wires = new Set<Wire>()
  const comeAgain = async () => {
    while (!isOver) {
      const wire = await stage.stranger()
      wires.add(wire)
      await wire.closed
      wires.delete(wire)
      tally.count('closed')
    }
  }
  const strangers = Array.from({ length: CROWD }, comeAgain)
  let attempts = 1
  while (attempts <= ATTEMPTS && !(await succeeds(honest))) attempts++
  isOver = true
  tally.note(`an honest controller got through at attempt ${attempts}`)
  tally.expect('under siege', attempts <= ATTEMPTS ? 'served' : 'not served', ['served'])
  while (wires.size > 0) {
    for (const wire of wires) wire.finish()
    await stage.fence()
  }
  await Promise.all(strangers)
}

async function succeeds(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch {
    // Put out; what else may be wrong shows when the siege is over.
    return false
  }
}
