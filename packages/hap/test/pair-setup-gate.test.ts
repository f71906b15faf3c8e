import { PairSetupGate, pairingError, pairingMessage } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf } from './vector.ts'
import { ask, converse, next, seeded, setupController, World } from './world.ts'

const m1 = next(setupController())
const errorIn = (answer: Uint8Array) => pairingMessage.decode(answer).error
const { unavailable, maxTries, busy, authentication } = pairingError

/** One failed attempt on a connection of its own. */
function fail(world: World, now = 0) {
  const accessory = world.setup()
  const controller = setupController({ setupCode: '031-45-155' })
  const asked = ask(accessory, next(controller), now)
  controller.receive(asked.answer)
  const events = accessory.receive(next(controller), now)
  const answer = next(accessory)
  return { events, answer, controller, accessory }
}

describe('who may pair', () => {
  it('nobody while there is a pairing: Unavailable, before any other reason', () => {
    const world = new World({ isPaired: true, failedAttempts: 100 })
    expect(errorIn(ask(world.setup(), m1).answer)).toBe(unavailable)
  })

  it('nobody after 100 wrong codes: MaxTries, before Busy', () => {
    const world = new World({ failedAttempts: 99 })
    const owner = world.setup()
    expect(errorIn(ask(owner, m1).answer)).toBeUndefined()
    world.gate.countFailure()
    expect(errorIn(ask(world.setup(), m1).answer)).toBe(maxTries)
    expect(errorIn(ask(owner, m1).answer)).toBe(maxTries)
  })

  it('the hundredth attempt is the last, and the count outlives a restart', () => {
    const world = new World({ failedAttempts: 99 })
    const { events, answer } = fail(world)
    expect(errorIn(answer)).toBe(authentication)
    expect(events).toEqual([{ type: 'attempts-changed', failedAttempts: 100 }])
    expect(errorIn(ask(world.setup(), m1).answer)).toBe(maxTries)
    const restarted = new World({ failedAttempts: world.gate.failedAttempts })
    expect(errorIn(ask(restarted.setup(), m1).answer)).toBe(maxTries)
  })

  it('a count beyond the limit, as a byte can hold it, is the limit', () => {
    const gate = new PairSetupGate({ isPaired: false, failedAttempts: 255 })
    expect(gate.claim({}, 0)).toBe(maxTries)
    expect(gate.countFailure()).toBe(100)
  })

  it('one connection at a time: Busy for 30 s, then the next one takes over', () => {
    const world = new World()
    const first = world.setup()
    const second = world.setup({ random: seeded('second') })
    ask(first, m1, 1000)
    expect(errorIn(ask(second, m1, 1000).answer)).toBe(busy)
    expect(errorIn(ask(second, m1, 30_999).answer)).toBe(busy)
    expect(errorIn(ask(second, m1, 31_000).answer)).toBeUndefined()
    expect(errorIn(ask(first, m1, 31_001).answer)).toBe(busy)
  })

  it('who was taken over begins again, and cannot free the procedure for others', () => {
    const world = new World()
    const first = world.setup()
    const controller = setupController()
    controller.receive(ask(first, next(controller), 0).answer)
    ask(world.setup(), m1, 30_000)
    expect(errorOf(() => first.receive(next(controller), 30_001))).toBe('PAIR_UNEXPECTED_STATE')
    first.close()
    expect(errorIn(ask(world.setup(), m1, 30_002).answer)).toBe(busy)
  })

  it('a closed connection frees the procedure', () => {
    const world = new World()
    const first = world.setup()
    ask(first, m1)
    first.close()
    expect(errorIn(ask(world.setup(), m1).answer)).toBeUndefined()
  })

  it('a refused connection does not disturb the one that pairs', () => {
    const world = new World()
    const first = world.setup()
    const controller = setupController()
    controller.receive(ask(first, next(controller)).answer)
    const second = world.setup()
    ask(second, m1)
    second.close()
    controller.receive(ask(first, next(controller)).answer)
    expect(ask(first, next(controller)).events.map(({ type }) => type)).toEqual(['paired'])
  })

  it('nobody else while the first pairing is being stored', () => {
    const world = new World()
    const first = world.setup()
    const { accessory: events } = converse(first, setupController())
    expect(events.map(({ type }) => type)).toEqual(['paired'])
    for (const now of [0, 30_000, 3_600_000]) {
      expect(errorIn(ask(world.setup(), m1, now).answer)).toBe(busy)
    }
    world.store(events)
    expect(errorIn(ask(world.setup(), m1).answer)).toBe(unavailable)
    expect(errorIn(ask(first, m1).answer)).toBe(unavailable)
  })

  it('nobody who was about to when the accessory is paired by other means', () => {
    const world = new World()
    const accessory = world.setup()
    const controller = setupController()
    controller.receive(ask(accessory, next(controller)).answer)
    controller.receive(ask(accessory, next(controller)).answer)
    world.gate.isPaired = true
    expect(errorOf(() => accessory.receive(next(controller), 0))).toBe('PAIR_UNEXPECTED_STATE')
  })

  it('anybody when the pairing could not be stored and its connection is closed', () => {
    const world = new World()
    const first = world.setup()
    converse(first, setupController())
    expect(errorIn(ask(world.setup(), m1).answer)).toBe(busy)
    first.close()
    expect(errorIn(ask(world.setup(), m1).answer)).toBeUndefined()
  })

  it('anybody after the last pairing is gone, though the connection that paired is still open', () => {
    const world = new World()
    world.store(converse(world.setup(), setupController()).accessory)
    world.gate.isPaired = false
    expect(errorIn(ask(world.setup(), m1).answer)).toBeUndefined()
  })
})

describe('wrong codes', () => {
  it('are answered with Authentication in M4 and counted once each', () => {
    const world = new World()
    for (const expected of [1, 2, 3]) {
      const { events, answer, controller, accessory } = fail(world)
      expect(pairingMessage.decode(answer)).toEqual({ state: 4, error: authentication })
      expect(events).toEqual([{ type: 'attempts-changed', failedAttempts: expected }])
      expect(errorOf(() => accessory.receive(answer, 0))).toBe('PAIR_UNEXPECTED_STATE')
      expect(() => controller.receive(answer)).toThrow(
        expect.objectContaining({ code: 'PAIR_REFUSED', pairingError: authentication }),
      )
    }
    expect(world.gate.failedAttempts).toBe(3)
  })

  it('are forgotten after the right one, already at M4', () => {
    const world = new World({ failedAttempts: 7 })
    const accessory = world.setup()
    const controller = setupController()
    controller.receive(ask(accessory, next(controller)).answer)
    const { events } = ask(accessory, next(controller))
    expect(events).toEqual([{ type: 'attempts-changed', failedAttempts: 0 }])
    expect(world.gate.failedAttempts).toBe(0)
  })
})
