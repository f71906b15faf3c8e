import { pairingError, pairingMessage } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, fromHex, toHex, vectors } from './vector.ts'
import {
  ask,
  controllerId,
  controllerPublicKey,
  converse,
  draws,
  next,
  setupController,
  World,
} from './world.ts'

// The rules of pair-setup as Apple's accessory kit has them, each by its words.

const file = vectors<{ readonly hex: string }, { secretB: string }>('pair-setup')
const named = (name: string): Uint8Array =>
  fromHex(file.cases.find(row => row.name === name)?.hex ?? '')
const [m1, m3, m5] = ['M1', 'M3', 'M5'].map(named) as [Uint8Array, Uint8Array, Uint8Array]
const wrongM3 = named('M3 with a wrong proof')
const secretB = fromHex(file.secretB)
const { unavailable, maxTries, busy, authentication } = pairingError

type Machine = ReturnType<World['setup']>

/** A connection that draws the b of the vectors, so that M3 and M5 of the vectors fit. */
function connect(world: World): Machine {
  return world.setup({ random: draws(...Array<Uint8Array>(200).fill(secretB)) })
}

function connectAt(world: World, messages: readonly Uint8Array[], now = 0): Machine {
  const machine = connect(world)
  for (const message of messages) ask(machine, message, now)
  return machine
}

const answerTo = (machine: Machine, body: Uint8Array, now = 0) =>
  pairingMessage.decode(ask(machine, body, now).answer)
const errorTo = (machine: Machine, body: Uint8Array, now = 0) => answerTo(machine, body, now).error
const codeOf = (machine: Machine, body: Uint8Array, now = 0) =>
  errorOf(() => machine.receive(body, now))
const states = [
  ['before M1', []],
  ['after M2', [m1]],
  ['after M4', [m1, m3]],
  ['after M6', [m1, m3, m5]],
] as const

describe('M1', () => {
  it('is heard with Method 0 and Method 1, and no other', () => {
    for (let method = 0; method < 256; method++) {
      const machine = connect(new World())
      const body = pairingMessage.encode({ state: 1, method })
      expect(codeOf(machine, body)).toBe(method < 2 ? undefined : 'PAIR_MALFORMED')
    }
  })

  it('is malformed without Method', () => {
    expect(codeOf(connect(new World()), fromHex('060101'))).toBe('PAIR_MALFORMED')
  })

  it.each(['1300', '13050000000000'])('is malformed with Flags of no byte or five: %s', flags => {
    const body = fromHex(`060101000100${flags}`)
    expect(codeOf(connect(new World()), body)).toBe('PAIR_MALFORMED')
  })

  it.each(['130110', '1301ff', '13021000', '1303ffffff', '130410000001', '1304ffffffff'])(
    'is heard with Flags of one to four bytes (%s): ignored, not echoed, and pairing goes on',
    flags => {
      const machine = connect(new World())
      const answer = answerTo(machine, fromHex(`060101000100${flags}`))
      expect(Object.keys(answer).sort()).toEqual(['publicKey', 'salt', 'state'])
      expect(Object.keys(answerTo(machine, m3)).sort()).toEqual(['proof', 'state'])
      expect(ask(machine, m5).events.map(({ type }) => type)).toEqual(['paired'])
    },
  )

  it('with Method 1 is answered as Method 0: no certificate, which takes a coprocessor', () => {
    const machine = connectAt(new World(), [pairingMessage.encode({ state: 1, method: 1 })])
    expect(Object.keys(answerTo(machine, m3)).sort()).toEqual(['proof', 'state'])
  })

  it.each(states)('restarts the procedure on the same session %s', (_when, messages) => {
    const machine = connectAt(new World(), messages)
    expect(answerTo(machine, m1).state).toBe(2)
    expect(codeOf(machine, m5)).toBe('PAIR_UNEXPECTED_STATE')
    for (const message of [m1, m3]) expect(errorTo(machine, message)).toBeUndefined()
    expect(ask(machine, m5).events.map(({ type }) => type)).toEqual(['paired'])
  })

  it('is refused in the order Unavailable, MaxTries, Busy', () => {
    const world = new World({ failedAttempts: 99 })
    connectAt(world, [m1])
    expect(errorTo(connect(world), m1)).toBe(busy)
    world.gate.countFailure()
    expect(errorTo(connect(world), m1)).toBe(maxTries)
    world.gate.isPaired = true
    expect(errorTo(connect(world), m1)).toBe(unavailable)
  })

  it.each([unavailable, maxTries, busy])('that is refused (%i) is answered in State 2', error => {
    const world = new World({ isPaired: error === unavailable })
    if (error === maxTries) for (let i = 0; i < 100; i++) world.gate.countFailure()
    if (error === busy) connectAt(world, [m1])
    expect(toHex(ask(connect(world), m1).answer)).toBe(`06010207010${error}`)
  })
})

describe('the order of messages', () => {
  it.each([
    ['M3 before M1', [], m3],
    ['M5 before M1', [], m5],
    ['M5 before M3', [m1], m5],
    ['M3 twice', [m1, m3], m3],
    ['M3 after M6', [m1, m3, m5], m3],
    ['M5 twice', [m1, m3, m5], m5],
  ] as const)('is broken by %s: 400, and the procedure is reset', (_what, messages, message) => {
    const world = new World()
    const machine = connectAt(world, messages)
    expect(codeOf(machine, message)).toBe('PAIR_UNEXPECTED_STATE')
    expect(machine.take()).toBeUndefined()
    expect(codeOf(machine, m3)).toBe('PAIR_UNEXPECTED_STATE')
    expect(errorTo(connect(world), m1)).toBeUndefined()
  })

  it.each([
    ['M4', [m1], wrongM3],
    ['M6', [m1, m3], named('M5 under another key')],
  ] as const)('begins with M1 again after an error in %s', (_what, messages, message) => {
    const world = new World()
    const machine = connectAt(world, messages)
    expect(errorTo(machine, message)).toBe(authentication)
    expect(codeOf(machine, m3)).toBe('PAIR_UNEXPECTED_STATE')
    expect(codeOf(machine, m5)).toBe('PAIR_UNEXPECTED_STATE')
    expect(errorTo(connect(world), m1)).toBeUndefined()
  })
})

describe('the counter of failed attempts', () => {
  it('lets exactly 100 wrong proofs pass, each persisted, then answers MaxTries', () => {
    const world = new World()
    const persisted: number[] = []
    for (let i = 0; i < 100; i++) {
      const { events, answer } = ask(connectAt(world, [m1]), wrongM3)
      expect(toHex(answer)).toBe('060104070102')
      for (const event of events) {
        if (event.type === 'attempts-changed') persisted.push(event.failedAttempts)
      }
    }
    expect(persisted).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    expect(errorTo(connect(world), m1)).toBe(maxTries)
    const [failedAttempts = 0] = persisted.slice(-1)
    expect(errorTo(connect(new World({ failedAttempts })), m1)).toBe(maxTries)
  })

  it('is reset by the right proof, at the hundredth attempt too', () => {
    const world = new World({ failedAttempts: 99 })
    const { events } = ask(connectAt(world, [m1]), m3)
    expect(events).toEqual([{ type: 'attempts-changed', failedAttempts: 0 }])
    expect(errorTo(connect(new World({ failedAttempts: 0 })), m1)).toBeUndefined()
  })

  it('counts wrong proofs only: no broken order, no malformed M3, no A = 0, no wrong M5', () => {
    const world = new World({ failedAttempts: 5 })
    codeOf(connectAt(world, [m1]), m5)
    codeOf(connectAt(world, [m1]), m3.subarray(0, 9))
    const zero = pairingMessage.encode({
      state: 3,
      publicKey: new Uint8Array(384),
      proof: new Uint8Array(64),
    })
    expect(ask(connectAt(world, [m1]), zero).events).toEqual([])
    expect(world.gate.failedAttempts).toBe(5)
    const { events } = ask(connectAt(world, [m1, m3]), named('M5 under another key'))
    expect(events).toEqual([])
    expect(world.gate.failedAttempts).toBe(0)
  })
})

describe('another session', () => {
  it('is Busy before 30 s and takes over at exactly 30 s', () => {
    for (const [now, error] of [
      [0, busy],
      [29_999, busy],
      [30_000, undefined],
      [30_001, undefined],
    ] as const) {
      const world = new World()
      connectAt(world, [m1])
      expect(errorTo(connect(world), m1, now)).toBe(error)
    }
  })

  it.each([
    ['M3', [m1], m3],
    ['M5', [m1, m3], m5],
  ] as const)(
    'takes over: the %s of the loser is answered 400, the winner pairs',
    (_what, messages, message) => {
      const world = new World()
      const loser = connectAt(world, messages, 5000)
      const winner = connect(world)
      expect(errorTo(winner, m1, 35_000)).toBeUndefined()
      expect(codeOf(loser, message, 35_000)).toBe('PAIR_UNEXPECTED_STATE')
      expect(errorTo(loser, m1, 35_000)).toBe(busy)
      loser.close()
      expect(errorTo(winner, m3, 35_001)).toBeUndefined()
      expect(ask(winner, m5, 35_002).events.map(({ type }) => type)).toEqual(['paired'])
    },
  )

  it('waits 30 s from the last M1 of the owner', () => {
    const world = new World()
    const owner = connectAt(world, [m1], 0)
    ask(owner, m1, 20_000)
    expect(errorTo(connect(world), m1, 30_000)).toBe(busy)
    expect(errorTo(connect(world), m1, 50_000)).toBeUndefined()
  })

  it('need not wait when the owner has closed', () => {
    const world = new World()
    connectAt(world, [m1, m3]).close()
    expect(errorTo(connect(world), m1)).toBeUndefined()
  })
})

describe('the bodies', () => {
  it('have the sizes of the field for a controller id of 36 bytes', () => {
    const [machine, controller] = [connect(new World()), setupController()]
    const sizes: number[] = []
    for (let i = 0; i < 3; i++) {
      const request = next(controller)
      const { answer } = ask(machine, request)
      sizes.push(request.length, answer.length)
      controller.receive(answer)
    }
    expect(sizes.slice(1)).toEqual([409, 457, 69, 159, 140])
  })

  it('make the first controller an administrator, by its own id and key', () => {
    const { accessory } = converse(connect(new World()), setupController())
    const pairing = { identifier: controllerId, publicKey: controllerPublicKey, permissions: 1 }
    expect(accessory).toEqual([{ type: 'paired', pairing }])
  })

  it.each([
    'M5 under another key',
    'M5 under the nonce of M6',
    'M5, inner TLV cut short',
    'M5, inner TLV empty',
    'M5, Identifier twice',
    'M5, Identifier of 37 bytes',
    'M5, LTPK of 31 bytes',
    'M5, Signature of 63 bytes',
    'M5 signed by another key',
    'M5 signed for another identifier',
  ])('%s: State 6, Error 2', name => {
    expect(toHex(ask(connectAt(new World(), [m1, m3]), named(name)).answer)).toBe('060106070102')
  })

  it('may hold an Identifier of 36 bytes, of which any encoding', () => {
    const name = 'M5, Identifier of 36 bytes that are no UTF-8'
    const { events } = ask(connectAt(new World(), [m1, m3]), named(name))
    expect(events.map(({ type }) => type)).toEqual(['paired'])
  })
})
