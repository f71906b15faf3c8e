import type { Group } from '../harness/group.ts'
import { readBoolean } from '../harness/honest.ts'
import { each, type Stage } from '../harness/stage.ts'
import { isPaired, lengthOf, pairSetupSteps, type Step, verifiedSteps } from '../harness/steps.ts'
import type { Tally } from '../harness/tally.ts'
import type { Wire } from '../harness/wire.ts'

/** How many connections hang at a time: the camera has 32. */
const HANGING = 12

/** Each message of pair-setup cut at each byte; then the connection ends, gracefully or not. */
export const setupCuts: Group = {
  name: 'pair-setup, cut short',
  on: 'new camera',
  async run(stage, tally) {
    for (const step of pairSetupSteps) {
      const cuts = stage.sample([...Array(await lengthOf(stage, step)).keys()], 25)
      for (const [i, at] of cuts.entries()) {
        if (i % 2 === 0) await cutAndFinish(stage, tally, step, at)
        else await cutAndReset(stage, tally, step, at)
      }
      for (const at of stage.sample(cuts, 4)) await refuseWhileHanging(stage, tally, step, at)
    }
    if (await isPaired(stage)) tally.faults.push('a message that was cut short has paired')
  },
}

/** The same with pair-verify and two sealed requests; and the connections are left hanging, too. */
export const verifiedCuts: Group = {
  name: 'pair-verify and records, cut short',
  on: 'paired camera',
  async run(stage, tally) {
    const wire = await stage.verified()
    const before = await readBoolean(wire, stage.nightVision)
    for (const step of verifiedSteps) {
      const cuts = stage.sample([...Array(await lengthOf(stage, step)).keys()], 30)
      await each(cuts, 6, at => cutAndFinish(stage, tally, step, at))
      await each(cuts, 6, at => cutAndReset(stage, tally, step, at))
      await cutAndHang(stage, tally, step, cuts)
    }
    if ((await readBoolean(wire, stage.nightVision)) !== before) {
      tally.faults.push('a write that was cut short was carried out')
    }
    await wire.drop()
  },
}

async function cut(stage: Stage, step: Step, at: number): Promise<Wire> {
  const { wire, bytes } = await step.prepare(stage)
  wire.write(bytes.subarray(0, at))
  return wire
}

async function cutAndFinish(stage: Stage, tally: Tally, step: Step, at: number): Promise<void> {
  const outcome = await stage.outcome(await cut(stage, step, at))
  tally.expect(`${step.name}, cut at ${at}, then FIN`, outcome, ['ignored'])
}

async function cutAndReset(stage: Stage, tally: Tally, step: Step, at: number): Promise<void> {
  const wire = await cut(stage, step, at)
  await stage.fence()
  const label = stage.silence(wire)
  wire.reset()
  await wire.closed
  tally.expect(`${step.name}, cut at ${at}, then RST`, label, ['ignored'])
}

/** Many connections hang at the same time, each in the middle of a message. */
async function cutAndHang(stage: Stage, tally: Tally, step: Step, cuts: readonly number[]) {
  for (let from = 0; from < cuts.length; from += HANGING) {
    const some = cuts.slice(from, from + HANGING)
    const wires: Wire[] = []
    for (const at of some) wires.push(await cut(stage, step, at))
    await stage.fence()
    for (const [i, wire] of wires.entries()) {
      tally.expect(`${step.name}, cut at ${some[i]}, hanging`, stage.silence(wire), ['ignored'])
      await wire.drop()
    }
  }
}

/** Whoever hangs in the middle of pair-setup keeps others out, until the connection ends. */
async function refuseWhileHanging(
  stage: Stage,
  tally: Tally,
  step: Step,
  at: number,
): Promise<void> {
  const [first] = pairSetupSteps
  if (first === undefined || step === first) return
  const hanging = await cut(stage, step, at)
  const { wire: other, bytes } = await first.prepare(stage)
  other.write(bytes)
  tally.expect(`another M1 while ${step.name} hangs at ${at}`, await stage.outcome(other), [
    'M2 error 7',
  ])
  await hanging.drop()
  await stage.fence()
  if (await isPaired(stage)) tally.faults.push(`${step.name} that hung has paired`)
}
