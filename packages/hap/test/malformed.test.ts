import { decodePairingsRequest, encodePairingsRequest } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, fromHex } from './vector.ts'
import {
  ask,
  controllerId,
  controllerPublicKey,
  next,
  setupController,
  verifyController,
  World,
} from './world.ts'

// What Apple's accessory kit holds for malformed, of every message that an accessory hears.

interface Receiver {
  receive(body: Uint8Array): unknown
  /** Whether it has forgotten what went before. */
  isReset(): boolean
}

function setupAt(answered: number): { receiver: Receiver; body: Uint8Array } {
  const world = new World()
  const machine = world.setup()
  const controller = setupController()
  for (let i = 0; i < answered; i++) controller.receive(ask(machine, next(controller)).answer)
  const body = next(controller)
  const isReset = () =>
    errorOf(() => machine.receive(body, 0)) ===
      (answered === 0 ? undefined : 'PAIR_UNEXPECTED_STATE') &&
    (answered === 0 || world.gate.claim({}, 0) === undefined)
  return { receiver: { receive: message => machine.receive(message, 0), isReset }, body }
}

function verifyAt(answered: number): { receiver: Receiver; body: Uint8Array } {
  const world = new World({ isPaired: true })
  world.pairings.push({ identifier: controllerId, publicKey: controllerPublicKey, permissions: 1 })
  const machine = world.verify()
  const controller = verifyController()
  for (let i = 0; i < answered; i++) controller.receive(ask(machine, next(controller)).answer)
  const body = next(controller)
  const isReset = () =>
    errorOf(() => machine.receive(body)) === (answered === 0 ? undefined : 'PAIR_UNEXPECTED_STATE')
  return { receiver: { receive: message => machine.receive(message), isReset }, body }
}

function pairings(): { receiver: Receiver; body: Uint8Array } {
  const pairing = { identifier: controllerId, publicKey: controllerPublicKey, permissions: 1 }
  const body = encodePairingsRequest({ method: 'add', pairing })
  return { receiver: { receive: decodePairingsRequest, isReset: () => true }, body }
}

const messages = [
  ['pair-setup M1', () => setupAt(0)],
  ['pair-setup M3', () => setupAt(1)],
  ['pair-setup M5', () => setupAt(2)],
  ['pair-verify M1', () => verifyAt(0)],
  ['pair-verify M3', () => verifyAt(1)],
  ['pairings', pairings],
] as const

const filler = 'ab'.repeat(255)

const refused: readonly (readonly [string, string])[] = [
  ['one trailing byte, no room for a header', '55'],
  ['a length beyond the end of the buffer', '550200'],
  ['the same type directly after a fragment of less than 255 bytes', '550100550100'],
  ['the same type directly after an empty fragment', '55005500'],
  ['an empty continuation after a fragment of 255 bytes', `55ff${filler}5500`],
  ['a short fragment in the middle of a value', `55ff${filler}55010055ff${filler}`],
  ['a known type twice, another between', '5500060101'],
  ['State of two bytes', '550006020100'],
  ['Method of two bytes', '550000020000'],
  ['Flags of five bytes', '13050000000000'],
  ['Identifier of 37 bytes', `55000125${'61'.repeat(37)}`],
  ['Proof of 63 bytes', `5500043f${'00'.repeat(63)}`],
  ['Proof of 65 bytes', `55000441${'00'.repeat(65)}`],
  ['Signature of 63 bytes', `0a3f${'00'.repeat(63)}`],
  ['Signature of 65 bytes', `0a41${'00'.repeat(65)}`],
  ['EncryptedData of 15 bytes', `5500050f${'00'.repeat(15)}`],
  ['Permissions of two bytes', '55000b020000'],
  ['Salt of 15 bytes', `020f${'00'.repeat(15)}`],
]

const ignored: readonly (readonly [string, string])[] = [
  ['an unknown type', '5501ab'],
  ['an unknown type twice, another between', '5501ab56005501ab'],
  ['an unknown type in fragments', `55ff${filler}5501ab`],
  ['an empty item of unknown type', '5500'],
]

describe.each(messages)('%s', (_name, prepare) => {
  it.each(refused)('is malformed, 400, and resets the procedure with %s', (_what, hex) => {
    const { receiver, body } = prepare()
    const message = Uint8Array.of(...body, ...fromHex(hex))
    expect(errorOf(() => receiver.receive(message))).toBe('PAIR_MALFORMED')
    expect(receiver.isReset()).toBe(true)
  })

  it.each(ignored)('is heard with %s, which is ignored', (_what, hex) => {
    const { receiver, body } = prepare()
    const message = Uint8Array.of(...body, ...fromHex(hex))
    expect(errorOf(() => receiver.receive(message))).toBeUndefined()
  })

  it('is malformed, 400, and resets the procedure when it is cut at any byte', () => {
    const { length } = prepare().body
    for (let cut = 1; cut < length; cut++) {
      const { receiver, body } = prepare()
      expect(errorOf(() => receiver.receive(body.subarray(0, cut)))).toBe('PAIR_MALFORMED')
      expect(receiver.isReset()).toBe(true)
    }
  })

  it('is refused, 400, when it is empty', () => {
    const { receiver } = prepare()
    expect(errorOf(() => receiver.receive(new Uint8Array()))).toMatch(/^PAIR_/)
    expect(receiver.isReset()).toBe(true)
  })
})
