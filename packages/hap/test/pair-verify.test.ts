import { nodeProvider } from '@hksv/crypto/node'
import { PairVerifyController, pairingMessage, pairVerifyTransitions } from '@hksv/hap'
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
  next,
  seeded,
  verifyController,
  World,
} from './world.ts'

type At = keyof typeof pairVerifyTransitions

interface Case {
  readonly side: 'accessory' | 'controller'
  readonly at: At | 'awaiting-m2' | 'awaiting-m4'
  readonly hex: string
  readonly value?: string
  readonly error?: string
  readonly refusal?: string
}

interface Party {
  readonly scalar: string
  readonly publicKey: string
}

const file = vectors<
  Case,
  { controller: Party; accessory: Party; intermediate: Record<string, string> }
>('pair-verify')
const { sharedSecret, accessoryToController, controllerToAccessory } = file.intermediate
const rows = (side: Case['side']) => file.cases.filter(row => row.side === side)
const named = (name: string): Uint8Array =>
  fromHex(file.cases.find(row => row.name === name)?.hex ?? '')
const [m1, m2, m3, m4] = ['M1', 'M2', 'M3', 'M4'].map(named) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
]
const pairing = { identifier: controllerId, publicKey: controllerPublicKey, permissions: 1 }

function paired(): World {
  const world = new World({ isPaired: true })
  world.pairings.push(pairing)
  return world
}

function accessoryAt(at: Case['at'], crypto = providers[0]) {
  const scalar = fromHex(file.accessory.scalar)
  const random = draws(scalar, scalar, scalar)
  const machine = paired().verify({ ...(crypto && { crypto }), random })
  if (at === 'awaiting-m3') ask(machine, m1)
  return machine
}

function controllerAt(at: Case['at'], crypto = providers[0]) {
  const random = draws(fromHex(file.controller.scalar))
  const machine = verifyController({ ...(crypto && { crypto }), random })
  expect(toHex(next(machine))).toBe(toHex(m1))
  if (at === 'awaiting-m4') {
    machine.receive(m2)
    expect(toHex(next(machine))).toBe(toHex(m3))
  }
  return machine
}

const verified = (identifier: string) => ({
  type: 'verified',
  identifier,
  keys: {
    accessoryToController: fromHex(accessoryToController ?? ''),
    controllerToAccessory: fromHex(controllerToAccessory ?? ''),
  },
  sharedSecret: fromHex(sharedSecret ?? ''),
})

describe.each(providers)('pair-verify with the $name backend', crypto => {
  it.each(rows('accessory'))('accessory in $at: $name', row => {
    const machine = accessoryAt(row.at, crypto)
    if (row.error !== undefined) {
      expect(errorOf(() => machine.receive(fromHex(row.hex)))).toBe(row.error)
      expect(machine.take()).toBeUndefined()
    } else {
      const { answer, events } = ask(machine, fromHex(row.hex))
      expect(toHex(answer)).toBe(row.value)
      expect(events).toEqual(row.value === toHex(m4) ? [verified(controllerId)] : [])
      if (row.value === toHex(m2)) return
    }
    // Over, well or badly: M3 is not heard a second time.
    expect(errorOf(() => machine.receive(m3))).toBe('PAIR_UNEXPECTED_STATE')
  })

  it.each(rows('controller'))('controller in $at: $name', row => {
    const machine = controllerAt(row.at, crypto)
    if (row.error !== undefined) {
      expect(errorOf(() => machine.receive(fromHex(row.hex)))).toBe(row.error)
      expect(machine.take()).toBeUndefined()
    } else {
      const events = machine.receive(fromHex(row.hex))
      if (row.value !== undefined) expect(toHex(next(machine))).toBe(row.value)
      expect(events).toEqual(row.at === 'awaiting-m4' ? [verified(deviceId)] : [])
      if (row.value !== undefined) return
    }
    expect(errorOf(() => machine.receive(m4))).toBe('PAIR_UNEXPECTED_STATE')
  })
})

describe('both sides of pair-verify', () => {
  it('end with the same secret and keys', () => {
    const events = converse(paired().verify(), verifyController())
    const [own] = events.accessory
    const [other] = events.controller
    expect(own).toEqual({ ...other, identifier: controllerId })
    expect(other?.identifier).toBe(deviceId)
  })

  it('fail without a pairing, with error 2', () => {
    const accessory = new World().verify()
    const controller = verifyController()
    controller.receive(ask(accessory, next(controller)).answer)
    const { answer, events } = ask(accessory, next(controller))
    expect(pairingMessage.decode(answer)).toEqual({ state: 4, error: 2 })
    expect(events).toEqual([])
    expect(() => controller.receive(answer)).toThrow(
      expect.objectContaining({ code: 'PAIR_REFUSED', pairingError: 2 }),
    )
  })

  it('look the pairing up when M3 comes, not before', () => {
    const world = new World()
    const accessory = world.verify()
    const controller = verifyController()
    controller.receive(ask(accessory, next(controller)).answer)
    world.pairings.push(pairing)
    expect(ask(accessory, next(controller)).events.length).toBe(1)
  })

  it('know a controller of whatever bytes by its bytes', () => {
    const identifier = '\udcff\u00e9\udc80'
    const longTermKey = nodeProvider.ed25519(seeded('odd')(32))
    const world = new World({ isPaired: true })
    world.pairings.push({ identifier, publicKey: longTermKey.publicKey, permissions: 1 })
    for (const [id, known] of [
      [identifier, 1],
      ['\udcff\u00e9\udc81', 0],
      ['\ufffd\u00e9\ufffd', 0],
    ] as const) {
      const controller = new PairVerifyController({
        crypto: nodeProvider,
        identity: { identifier: id, longTermKey },
        accessory: { identifier: deviceId, publicKey: accessoryPublicKey },
        random: seeded('y'),
      })
      const accessory = world.verify()
      controller.receive(ask(accessory, next(controller)).answer)
      const { events } = ask(accessory, next(controller))
      expect(events.map(event => event.identifier)).toEqual(known ? [id] : [])
    }
  })

  it('end at the controller when another accessory answers, or one with another key', () => {
    const accessoryId = '11:22:33:44:55:66'
    const other = { accessoryId, publicKey: accessoryPublicKey }
    const m2Of = (controller: ReturnType<typeof verifyController>) =>
      ask(paired().verify(), next(controller)).answer
    const elsewhere = verifyController(other)
    expect(errorOf(() => elsewhere.receive(m2Of(elsewhere)))).toBe('PAIR_WRONG_ACCESSORY')
    const impostor = verifyController({ publicKey: controllerPublicKey })
    expect(errorOf(() => impostor.receive(m2Of(impostor)))).toBe('PAIR_AUTHENTICATION')
  })

  it('have neither commands nor timers', () => {
    for (const machine of [accessoryAt('awaiting-m3'), controllerAt('awaiting-m4')]) {
      expect(machine.deadline()).toBeUndefined()
      expect(machine.tick()).toEqual([])
    }
  })

  it('hear nothing more when they were closed', () => {
    const accessory = accessoryAt('awaiting-m3')
    accessory.close()
    expect(errorOf(() => accessory.receive(m3))).toBe('PAIR_UNEXPECTED_STATE')
    const controller = controllerAt('awaiting-m4')
    controller.close()
    expect(errorOf(() => controller.receive(m4))).toBe('PAIR_UNEXPECTED_STATE')
  })
})

describe('the state machine of pair-verify', () => {
  it.each(Object.keys(pairVerifyTransitions) as At[])('hears in %s what the table lists', at => {
    const heard = Object.keys(pairVerifyTransitions[at]).map(Number)
    for (const state of [0, 1, 2, 3, 4, 5, 255]) {
      const machine = accessoryAt(at)
      const code = errorOf(() => machine.receive(pairingMessage.encode({ state })))
      expect(code).toBe(heard.includes(state) ? 'PAIR_MALFORMED' : 'PAIR_UNEXPECTED_STATE')
    }
  })
})

describe('altered messages of pair-verify', () => {
  it('M1 with any byte flipped never leads to a session', () => {
    for (let i = 0; i < m1.length; i++) {
      const machine = accessoryAt('awaiting-m1')
      const events = [flip(m1, i, 1 << (i % 8)), m3].flatMap(message => {
        try {
          return machine.receive(message)
        } catch {
          return []
        }
      })
      // X25519 ignores the top bit of the key, but the signature does not.
      expect(events).toEqual([])
    }
  })

  it('M3 with any byte flipped is refused', () => {
    for (let i = 0; i < m3.length; i++) {
      const machine = accessoryAt('awaiting-m3')
      let answer = ''
      const code = errorOf(() => {
        const asked = ask(machine, flip(m3, i, 1 << (i % 8)))
        answer = toHex(asked.answer)
        expect(asked.events).toEqual([])
      })
      if (code === undefined) expect(answer).toBe('060104070102')
      else expect(code).toMatch(/^PAIR_(MALFORMED|UNEXPECTED_STATE)$/)
    }
  })

  it('M2 with any byte flipped is refused by the controller', () => {
    for (let i = 0; i < m2.length; i++) {
      const machine = controllerAt('awaiting-m2')
      const code = errorOf(() => machine.receive(flip(m2, i, 1 << (i % 8))))
      expect(code).toMatch(/^PAIR_/)
      expect(machine.take()).toBeUndefined()
    }
  })

  it.each([
    ['M1', 'awaiting-m1', m1],
    ['M3', 'awaiting-m3', m3],
  ] as const)('%s cut at any byte is refused', (_name, at, message) => {
    for (let length = 0; length < message.length; length++) {
      const code = errorOf(() => accessoryAt(at).receive(message.subarray(0, length)))
      expect(code).toBe(length === 0 ? 'PAIR_UNEXPECTED_STATE' : 'PAIR_MALFORMED')
    }
  })

  it.each([
    ['M2', 'awaiting-m2', m2],
    ['M4', 'awaiting-m4', m4],
  ] as const)('%s cut at any byte is refused', (_name, at, message) => {
    for (let length = 0; length < message.length; length++) {
      const code = errorOf(() => controllerAt(at).receive(message.subarray(0, length)))
      expect(code).toBe(length === 0 ? 'PAIR_UNEXPECTED_STATE' : 'PAIR_MALFORMED')
    }
  })
})
