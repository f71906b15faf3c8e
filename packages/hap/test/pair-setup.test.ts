import { type hapErrors, pairingMessage, pairSetupTransitions } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, flip, fromHex, providers, toHex, vectors } from './vector.ts'
import {
  accessoryPublicKey,
  ask,
  controllerId,
  controllerPublicKey,
  converse,
  deviceId,
  draws,
  memoized,
  setupController,
  World,
} from './world.ts'

interface Case {
  readonly at: keyof typeof pairSetupTransitions
  readonly hex: string
  readonly value?: string
  readonly canonical?: boolean
  /** The controller's, where it is another one. */
  readonly identifier?: string
  readonly error?: keyof typeof hapErrors
  readonly refusal?: string
}

const file = vectors<Case, { secretA: string; secretB: string }>('pair-setup')
const named = (name: string): Uint8Array =>
  fromHex(file.cases.find(row => row.name === name)?.hex ?? '')
const m1 = named('M1')
const m3 = named('M3')
const m5 = named('M5')
const path = { 'awaiting-m1': [], 'awaiting-m3': [m1], 'awaiting-m5': [m1, m3] } as const
const secretB = fromHex(file.secretB)
const shared = providers.map(memoized)
const [crypto = shared[0]] = shared

/** An accessory's machine that has come as far as `at`. */
function machineAt(at: Case['at'], world: World, own = crypto) {
  const random = draws(secretB, secretB, secretB)
  const machine = world.setup({ ...(own && { crypto: own }), random })
  for (const message of path[at]) ask(machine, message)
  return machine
}

/** A machine is in awaiting-m1 when it hears neither M3 nor M5, and M1. */
function expectReset(world: World, machine: ReturnType<World['setup']>): void {
  expect(errorOf(() => machine.receive(m3, 0))).toBe('PAIR_UNEXPECTED_STATE')
  expect(errorOf(() => machine.receive(m5, 0))).toBe('PAIR_UNEXPECTED_STATE')
  expect(machine.take()).toBeUndefined()
  // The procedure is free: another connection gets it at once.
  expect(world.gate.claim({}, 0)).toBeUndefined()
}

describe.each(shared)('pair-setup with the $name backend', own => {
  it.each(file.cases)('in $at: $name', row => {
    const world = new World()
    const machine = machineAt(row.at, world, own)
    if (row.error !== undefined) {
      expect(errorOf(() => machine.receive(fromHex(row.hex), 0))).toBe(row.error)
      expectReset(world, machine)
      return
    }
    const { answer, events } = ask(machine, fromHex(row.hex))
    expect(toHex(answer)).toBe(row.value)
    if (row.refusal !== undefined) expectReset(world, machine)
    else if (row.at === 'awaiting-m5' && row.hex !== toHex(m1)) {
      const publicKey = controllerPublicKey
      const { identifier = controllerId } = row
      const pairing = { identifier, publicKey, permissions: 1 }
      expect(events).toEqual([{ type: 'paired', pairing }])
    }
  })

  it('the controller writes the messages of the vectors', () => {
    const world = new World()
    const controller = setupController({ crypto: own, random: draws(fromHex(file.secretA)) })
    const machine = machineAt('awaiting-m1', world, own)
    const written: Uint8Array[] = []
    const spy = {
      receive: (body: Uint8Array, now: number) => {
        written.push(body)
        return machine.receive(body, now)
      },
      take: () => machine.take(),
    }
    const events = converse(spy, controller)
    expect(written.map(toHex)).toEqual([m1, m3, m5].map(toHex))
    const accessory = { identifier: deviceId, publicKey: accessoryPublicKey }
    expect(events.controller).toEqual([{ type: 'paired', accessory }])
  })
})

describe('the state machine of pair-setup', () => {
  const states = Object.keys(pairSetupTransitions) as Case['at'][]

  it.each(states)('hears in %s what the table lists, and nothing else', at => {
    const heard = Object.keys(pairSetupTransitions[at]).map(Number)
    for (const state of [0, 1, 2, 3, 4, 5, 6, 7, 255]) {
      const world = new World()
      const machine = machineAt(at, world)
      // Without further items a message that is heard is malformed, any other is out of order.
      const code = errorOf(() => machine.receive(pairingMessage.encode({ state }), 0))
      expect(code).toBe(heard.includes(state) ? 'PAIR_MALFORMED' : 'PAIR_UNEXPECTED_STATE')
      expectReset(world, machine)
    }
  })

  it('begins again with each M1', () => {
    const world = new World()
    const machine = machineAt('awaiting-m5', world)
    ask(machine, m1)
    expect(errorOf(() => machine.receive(m5, 0))).toBe('PAIR_UNEXPECTED_STATE')
  })

  it('pairs after a restart by M1', () => {
    const world = new World()
    const machine = machineAt('awaiting-m5', world)
    for (const message of [m1, m3]) ask(machine, message)
    expect(ask(machine, m5).events.map(({ type }) => type)).toEqual(['paired'])
  })

  it('drops an answer that was not taken when the next message breaks the order', () => {
    const machine = machineAt('awaiting-m1', new World())
    machine.receive(m1, 0)
    expect(errorOf(() => machine.receive(m5, 0))).toBe('PAIR_UNEXPECTED_STATE')
    expect(machine.take()).toBeUndefined()
  })

  it('has neither commands nor timers', () => {
    const machine = machineAt('awaiting-m3', new World())
    expect(machine.deadline()).toBeUndefined()
    expect(machine.tick()).toEqual([])
    const controller = setupController()
    expect(controller.deadline()).toBeUndefined()
    expect(controller.tick()).toEqual([])
  })
})

describe('altered messages', () => {
  it.each([
    ['awaiting-m3', m3],
    ['awaiting-m5', m5],
  ] as const)('in %s: any byte flipped and nobody is paired', (at, message) => {
    for (let i = 0; i < message.length; i++) {
      const world = new World()
      const machine = machineAt(at, world)
      const events: string[] = []
      let answer = ''
      const code = errorOf(() => {
        const asked = ask(machine, flip(message, i, 1 << (i % 8)))
        answer = toHex(asked.answer)
        events.push(...asked.events.map(({ type }) => type))
      })
      if (code === undefined) {
        expect(answer).toBe(at === 'awaiting-m3' ? '060104070102' : '060106070102')
      } else expect(code).toMatch(/^PAIR_(MALFORMED|UNEXPECTED_STATE)$/)
      expect(events.includes('paired')).toBe(false)
      expectReset(world, machine)
    }
  })

  it.each([
    ['awaiting-m1', m1],
    ['awaiting-m3', m3],
    ['awaiting-m5', m5],
  ] as const)('in %s: cut at any byte it is refused and resets', (at, message) => {
    for (let length = 0; length < message.length; length++) {
      const world = new World()
      const machine = machineAt(at, world)
      const code = errorOf(() => machine.receive(message.subarray(0, length), 0))
      expect(code).toBe(length === 0 ? 'PAIR_UNEXPECTED_STATE' : 'PAIR_MALFORMED')
      expectReset(world, machine)
    }
  })
})
