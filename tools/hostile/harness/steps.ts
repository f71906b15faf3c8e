import { answered } from './controller.ts'
import { put } from './honest.ts'
import { labelOf } from './label.ts'
import { request } from './request.ts'
import type { Stage } from './stage.ts'
import type { Wire } from './wire.ts'

/** A connection on which everything up to one message was honest, and that message. */
export interface Ready {
  readonly wire: Wire
  /** As it goes over the wire: to be changed, cut, or sent as it is. */
  readonly bytes: Uint8Array
}

/** One message of an honest controller. */
export interface Step {
  readonly name: string
  /** Whether it goes through the record layer. */
  readonly isSealed: boolean
  /** Goes through the honest messages before it. */
  prepare(stage: Stage): Promise<Ready>
}

/** The three messages of pair-setup; only on a camera that is not paired, one at a time. */
export const pairSetupSteps: readonly Step[] = [
  { name: 'pair-setup M1', isSealed: false, prepare: stage => pairSetup(stage, 1) },
  { name: 'pair-setup M3', isSealed: false, prepare: stage => pairSetup(stage, 3) },
  { name: 'pair-setup M5', isSealed: false, prepare: stage => pairSetup(stage, 5) },
]

/**
 * Proves that it knows the setup code and goes no further: what was counted of wrong codes is
 * forgotten.
 *
 * @throws Error when the camera does not believe it.
 */
export async function clearWrongCodes(stage: Stage): Promise<void> {
  const { wire, bytes } = await pairSetup(stage, 3)
  const label = labelOf(answered(await wire.ask(bytes)))
  if (label !== 'M4') throw new Error(`the right setup code was answered with ${label}`)
  await wire.drop()
  await stage.fence()
}

/** Whether the camera is paired, as a stranger sees it. */
export async function isPaired(stage: Stage): Promise<boolean> {
  const { wire, bytes } = await pairSetup(stage, 1)
  const label = labelOf(answered(await wire.ask(bytes)))
  await wire.drop()
  await stage.fence()
  return label === 'M2 error 6'
}

/** The messages of pair-verify, and two requests after it. */
export const verifiedSteps: readonly Step[] = [
  { name: 'pair-verify M1', isSealed: false, prepare: stage => pairVerify(stage, 1) },
  { name: 'pair-verify M3', isSealed: false, prepare: stage => pairVerify(stage, 3) },
  {
    name: 'sealed GET',
    isSealed: true,
    prepare: stage => sealed(stage, request('GET', `/characteristics?id=1.${stage.nightVision}`)),
  },
  {
    name: 'sealed PUT',
    isSealed: true,
    prepare: stage => sealed(stage, put([{ aid: 1, iid: stage.nightVision, value: false }])),
  },
]

/** How many bytes the step's message has on the wire; the same each time. */
export async function lengthOf(stage: Stage, step: Step): Promise<number> {
  const { wire, bytes } = await step.prepare(stage)
  await wire.drop()
  await stage.fence()
  return bytes.length
}

async function pairSetup(stage: Stage, state: number): Promise<Ready> {
  const machine = stage.controller.pairSetup()
  const wire = await stage.stranger()
  for (let at = 1; ; at += 2) {
    const bytes = request('POST', '/pair-setup', machine.take() ?? new Uint8Array(0))
    if (at === state) return { wire, bytes }
    const answer = answered(await wire.ask(bytes))
    if (at === 1 && labelOf(answer) === 'M2 error 7') {
      // The connection before this one is closed, but the camera has not seen it yet.
      await wire.drop()
      await stage.fence()
      return pairSetup(stage, state)
    }
    machine.receive(answer.body)
  }
}

async function pairVerify(stage: Stage, state: 1 | 3): Promise<Ready> {
  const machine = stage.controller.pairVerify()
  const wire = await stage.stranger()
  const ready = () => {
    const bytes = request('POST', '/pair-verify', machine.take() ?? new Uint8Array(0))
    return { wire, bytes }
  }
  if (state === 1) return ready()
  machine.receive(answered(await wire.ask(ready().bytes)).body)
  return ready()
}

async function sealed(stage: Stage, plain: Uint8Array): Promise<Ready> {
  const wire = await stage.verified()
  return { wire, bytes: wire.seal(plain) }
}
