import type { Group } from '../harness/group.ts'
import { readBoolean } from '../harness/honest.ts'
import { each, type Stage } from '../harness/stage.ts'
import {
  clearWrongCodes,
  isPaired,
  lengthOf,
  pairSetupSteps,
  type Step,
  verifiedSteps,
} from '../harness/steps.ts'
import type { Tally } from '../harness/tally.ts'

/** What a changed pairing message may end with; the camera may also wait for more, or close. */
const PAIRING = /^(closed|ignored|(400|404|405|470|M[246] error 2)(\+(400|404|405|470))*)$/
/** The same, where the change makes no difference to anybody, or is another honest message. */
const HARMLESS = /^(closed|ignored|(400|404|405|470|M[246]( error 2)?)(\+(400|404|405|470))*)$/
/** A record that was changed ends the connection, or its length asks for bytes that never come. */
const SEALED = /^(closed|ignored)$/
/** The camera locks itself at a hundred wrong codes; a right one clears the count. */
const CLEAR_EVERY = 40

/** Each byte of pair-setup changed once. */
export const setupFlips: Group = {
  name: 'pair-setup, a byte flipped',
  on: 'new camera',
  async run(stage, tally) {
    for (const step of pairSetupSteps) {
      // One after the other: there is one pair-setup at a time.
      for (const [i, at] of (await positions(stage, step, 40)).entries()) {
        const isSame = await flip(stage, tally, step, at)
        if (await isPaired(stage)) {
          if (!isSame) tally.faults.push(`${step.name}, byte ${at}: has paired the controller`)
          stage.controller.recognise()
          await stage.controller.unpair(stage.port)
        }
        if (i % CLEAR_EVERY === 0) await clearWrongCodes(stage)
      }
      await clearWrongCodes(stage)
    }
  },
}

/** Each byte of pair-verify and of two sealed requests changed once. */
export const verifiedFlips: Group = {
  name: 'pair-verify and records, a byte flipped',
  on: 'paired camera',
  async run(stage, tally) {
    const wire = await stage.verified()
    const before = await readBoolean(wire, stage.nightVision)
    for (const step of verifiedSteps) {
      const all = await positions(stage, step, 50)
      await each(all, 8, async at => {
        await flip(stage, tally, step, at)
      })
    }
    if ((await readBoolean(wire, stage.nightVision)) !== before) {
      tally.faults.push('a changed record was carried out')
    }
    await wire.drop()
  },
}

/** All positions of the step's message, or a sample of them. */
async function positions(stage: Stage, step: Step, count: number): Promise<number[]> {
  return stage.sample([...Array(await lengthOf(stage, step)).keys()], count)
}

/** @returns Whether the change makes no difference. */
async function flip(stage: Stage, tally: Tally, step: Step, at: number): Promise<boolean> {
  const { wire, bytes } = await step.prepare(stage)
  const changed = Uint8Array.from(bytes)
  changed[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
  wire.write(changed)
  const isSame = !step.isSealed && isSameMessage(bytes, changed)
  // What is complete is being carried out, which may take longer than to read it.
  if (!step.isSealed && isComplete(changed)) await wire.heard()
  const outcome = await stage.outcome(wire)
  // Whatever M1 asks for, a challenge gives nothing away.
  const isHarmless = isSame || step.name.endsWith('M1')
  const rule = step.isSealed ? SEALED : isHarmless ? HARMLESS : PAIRING
  tally.match(`${step.name}, byte ${at}`, outcome, rule)
  return isSame
}

/** Whether two requests say the same: target, length and body; other headers mean nothing in HAP. */
function isSameMessage(bytes: Uint8Array, changed: Uint8Array): boolean {
  const [a, b] = [parts(bytes), parts(changed)]
  return a.target === b.target && a.length === b.length && a.body === b.body
}

function isComplete(bytes: Uint8Array): boolean {
  const { target, length, body } = parts(bytes)
  return target !== undefined && length <= body.length
}

function parts(bytes: Uint8Array) {
  const text = Buffer.from(bytes).toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const head = text.slice(0, Math.max(0, end))
  // A line may end with LF alone. @see RFC 9112 2.2
  return {
    target: /^(\S+ \S+) HTTP\/1\.[01]\s*\n/.exec(head)?.[1],
    length: Number(/\nContent-Length:\s*(\d+)\s*(\n|$)/i.exec(head)?.[1]),
    body: text.slice(end + 4),
  }
}
