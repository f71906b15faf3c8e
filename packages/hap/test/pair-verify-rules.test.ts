import { nodeProvider } from '@hksv/crypto/node'
import { pairingError, pairingMessage, RecordOpener, RecordSealer } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, fromHex, toHex, vectors } from './vector.ts'
import {
  ask,
  controllerId,
  controllerPublicKey,
  converse,
  next,
  seeded,
  verifyController,
  World,
} from './world.ts'

// The rules of pair-verify as Apple's accessory kit has them, each by its words.

const { authentication } = pairingError
const file = vectors<{ readonly hex: string }>('pair-verify')
const named = (name: string): Uint8Array =>
  fromHex(file.cases.find(row => row.name === name)?.hex ?? '')

function paired(): World {
  const world = new World({ isPaired: true })
  world.pairings.push({ identifier: controllerId, publicKey: controllerPublicKey, permissions: 1 })
  return world
}

/** Both sides after M2, and the M3 that the accessory waits for. */
function begun(world = paired(), seed = 'x') {
  const machine = world.verify({ random: seeded(seed) })
  const controller = verifyController()
  const m1 = next(controller)
  const { answer: m2 } = ask(machine, m1)
  controller.receive(m2)
  return { machine, controller, m1, m2, m3: next(controller) }
}

describe('M1', () => {
  it('is heard with any Method, which is ignored: also resumption, which IP does not have', () => {
    for (let method = 0; method < 256; method++) {
      const machine = paired().verify()
      const controller = verifyController()
      const m1 = pairingMessage.encode({ ...pairingMessage.decode(next(controller)), method })
      const { answer } = ask(machine, m1)
      expect(pairingMessage.decode(answer)).toMatchObject({ state: 2 })
      if (method > 7) continue
      controller.receive(answer)
      expect(ask(machine, next(controller)).events.length).toBe(1)
    }
  })

  it.each(['0000', '00020000'])('is malformed with a Method of no byte or two: %s', method => {
    const m1 = fromHex(`${toHex(next(verifyController()))}${method}`)
    expect(errorOf(() => paired().verify().receive(m1))).toBe('PAIR_MALFORMED')
  })

  it.each([
    ['before it', 0],
    ['after M2', 1],
    ['after M4', 2],
  ])('restarts the procedure %s, with another key of the accessory', (_when, messages) => {
    const { machine, m1, m2, m3 } = begun()
    if (messages === 0) machine.close()
    if (messages === 2) ask(machine, m3)
    const controller = verifyController()
    const { answer } = ask(machine, next(controller))
    const keyOf = (body: Uint8Array) => toHex(pairingMessage.decode(body).publicKey ?? m1)
    expect(keyOf(answer)).not.toBe(keyOf(m2))
    controller.receive(answer)
    expect(ask(machine, next(controller)).events.length).toBe(1)
  })

  it('is answered though there is no pairing at all: M3 is what fails', () => {
    const { machine, m3 } = begun(new World())
    expect(toHex(ask(machine, m3).answer)).toBe('060104070102')
  })
})

describe('M3', () => {
  it('is heard after M2 of the same session only, else 400', () => {
    const { m3 } = begun()
    const other = paired().verify()
    expect(errorOf(() => other.receive(m3))).toBe('PAIR_UNEXPECTED_STATE')
  })

  it('is heard once, else 400', () => {
    const { machine, m3 } = begun()
    ask(machine, m3)
    expect(errorOf(() => machine.receive(m3))).toBe('PAIR_UNEXPECTED_STATE')
  })

  it('of an earlier exchange fails: the keys are new each time', () => {
    const { machine, m3 } = begun()
    ask(machine, next(verifyController()))
    expect(pairingMessage.decode(ask(machine, m3).answer)).toEqual({
      state: 4,
      error: authentication,
    })
  })

  it('with whatever fault inside is answered alike: State 4, Error 2, and M3 is not heard again', () => {
    const faults = [
      'M3 of an unknown pairing',
      'M3 of an id in another case',
      'M3 signed by another key',
      'M3 under another key',
      'M3 that is only a tag',
      'M3 without Identifier',
      'M3 without Signature',
    ]
    for (const name of faults) {
      const { machine, m3 } = begun()
      expect(toHex(ask(machine, named(name)).answer)).toBe('060104070102')
      expect(errorOf(() => machine.receive(m3))).toBe('PAIR_UNEXPECTED_STATE')
    }
  })

  it('may fail as often as it likes: there is no counter', () => {
    const world = paired()
    for (let i = 0; i < 150; i++) ask(begun(world).machine, named('M3 under another key'))
    expect(world.gate.failedAttempts).toBe(0)
    const { machine, m3 } = begun(world)
    expect(ask(machine, m3).events.length).toBe(1)
  })
})

describe('the session', () => {
  it('has bodies of the sizes of the field for a controller id of 36 bytes', () => {
    const { machine, m1, m2, m3 } = begun()
    const { answer: m4 } = ask(machine, m3)
    expect([m1, m2, m3, m4].map(({ length }) => length)).toEqual([37, 140, 125, 3])
  })

  it('is sealed from the byte after M4, both counters from 0, each direction by its own key', () => {
    const { accessory, controller } = converse(paired().verify(), verifyController())
    const [own] = accessory
    const [other] = controller
    if (own === undefined || other === undefined) throw new Error('not verified')
    const plain = fromHex('474554')
    for (const direction of ['accessoryToController', 'controllerToAccessory'] as const) {
      const sealed = new RecordSealer(nodeProvider, own.keys[direction]).seal(plain)
      const [opened] = new RecordOpener(nodeProvider, other.keys[direction]).open(sealed)
      expect(opened).toEqual(plain)
    }
    expect(own.keys.accessoryToController).not.toEqual(own.keys.controllerToAccessory)
  })
})
