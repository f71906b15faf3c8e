import { nodeProvider } from '@hksv/crypto/node'
import { type PairingMessage, pairingMessage } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, flip, fromHex, vectors } from './vector.ts'
import { ask, deviceId, draws, next, seeded, setupController, World } from './world.ts'

const file = vectors<
  { value?: string },
  {
    secretA: string
    intermediate: { encryptKey: string; accessoryX: string; controllerX: string }
  }
>('pair-setup')

/** A controller that has posted M1, M3 or M5, and the answer it waits for. */
function waiting(messages: 1 | 2 | 3, options: Parameters<typeof setupController>[0] = {}) {
  const accessory = new World().setup()
  const controller = setupController(options)
  let { answer } = ask(accessory, next(controller))
  for (let i = 1; i < messages; i++) {
    controller.receive(answer)
    answer = ask(accessory, next(controller)).answer
  }
  return { controller, answer }
}

function altered(answer: Uint8Array, change: PairingMessage): Uint8Array {
  return pairingMessage.encode({ ...pairingMessage.decode(answer), ...change })
}

function expectOver(controller: ReturnType<typeof setupController>, answer: Uint8Array): void {
  expect(controller.take()).toBeUndefined()
  expect(errorOf(() => controller.receive(answer))).toBe('PAIR_UNEXPECTED_STATE')
}

describe('the controller of pair-setup', () => {
  it.each([1, 2, 3] as const)('gives up on each answer of another State (message %i)', count => {
    for (const state of [0, 1, 2, 3, 4, 5, 6]) {
      if (state === 2 * count) continue
      const { controller, answer } = waiting(count)
      expect(errorOf(() => controller.receive(altered(answer, { state })))).toBe(
        'PAIR_UNEXPECTED_STATE',
      )
      expectOver(controller, answer)
    }
  })

  it.each([1, 2, 3] as const)('reports an error of the accessory (message %i)', count => {
    const { controller, answer } = waiting(count)
    expect(() => controller.receive(pairingMessage.encode({ state: 2 * count, error: 6 }))).toThrow(
      expect.objectContaining({
        code: 'PAIR_REFUSED',
        pairingError: 6,
        message: expect.stringContaining('unavailable'),
      }),
    )
    expectOver(controller, answer)
  })

  it.each([1, 2, 3] as const)('refuses an answer without its items (message %i)', count => {
    const { controller, answer } = waiting(count)
    const empty = pairingMessage.encode({ state: 2 * count })
    expect(errorOf(() => controller.receive(empty))).toBe('PAIR_MALFORMED')
    expectOver(controller, answer)
  })

  it.each([1, 2, 3] as const)('refuses an answer cut at any byte (message %i)', count => {
    const { answer } = waiting(count)
    for (let length = 1; length < answer.length; length += count === 1 ? 13 : 1) {
      const { controller } = waiting(count)
      expect(errorOf(() => controller.receive(answer.subarray(0, length)))).toBe('PAIR_MALFORMED')
    }
  })

  it('does not trust an accessory without the right proof', () => {
    const { controller, answer } = waiting(2)
    const { proof = new Uint8Array(64) } = pairingMessage.decode(answer)
    const wrong = altered(answer, { proof: flip(proof, 63) })
    expect(errorOf(() => controller.receive(wrong))).toBe('PAIR_AUTHENTICATION')
    expectOver(controller, answer)
  })

  it('does not trust an M6 of which any byte differs', () => {
    const { answer } = waiting(3)
    const { encryptedData = new Uint8Array() } = pairingMessage.decode(answer)
    for (let i = 0; i < encryptedData.length; i += 5) {
      const { controller } = waiting(3)
      const wrong = altered(answer, { encryptedData: flip(encryptedData, i) })
      expect(errorOf(() => controller.receive(wrong))).toBe('PAIR_AUTHENTICATION')
    }
  })

  it.each(['another key', 'another name', 'ControllerX'])(
    'does not trust an M6 signed with or for %s',
    what => {
      const { intermediate, secretA } = file
      const controller = setupController({ random: draws(fromHex(secretA)) })
      next(controller)
      for (const message of ['M1', 'M3']) {
        const row = file.cases.find(({ name }) => name === message)
        controller.receive(fromHex(row?.value ?? ''))
      }
      const key = nodeProvider.ed25519(seeded('key')(32))
      const other = nodeProvider.ed25519(seeded('other')(32))
      const x = what === 'ControllerX' ? intermediate.controllerX : intermediate.accessoryX
      const name = what === 'another name' ? '11:22:33:44:55:66' : deviceId
      const signed = Buffer.concat([fromHex(x), Buffer.from(name), key.publicKey])
      const inner = pairingMessage.encode({
        identifier: new Uint8Array(Buffer.from(deviceId)),
        publicKey: key.publicKey,
        signature: (what === 'another key' ? other : key).sign(signed),
      })
      const nonce = new Uint8Array(Buffer.from('\0\0\0\0PS-Msg06'))
      const aead = nodeProvider.aead(fromHex(intermediate.encryptKey))
      const encryptedData = Buffer.concat(aead.seal(nonce, new Uint8Array(), [inner]))
      const m6 = pairingMessage.encode({ state: 6, encryptedData })
      expect(errorOf(() => controller.receive(m6))).toBe('PAIR_AUTHENTICATION')
      expectOver(controller, m6)
    },
  )

  it('takes the accessory it expects, in whatever case the id is written', () => {
    const { controller, answer } = waiting(3, { accessoryId: deviceId.toLowerCase() })
    expect(controller.receive(answer)).toEqual([
      { type: 'paired', accessory: expect.objectContaining({ identifier: deviceId }) },
    ])
    expectOver(controller, answer)
  })

  it('refuses another accessory than the one it expects', () => {
    const { controller, answer } = waiting(3, { accessoryId: '11:22:33:44:55:66' })
    expect(errorOf(() => controller.receive(answer))).toBe('PAIR_WRONG_ACCESSORY')
    expectOver(controller, answer)
  })

  it('says nothing more when it was closed', () => {
    const { controller, answer } = waiting(1)
    controller.receive(answer)
    controller.close()
    expectOver(controller, answer)
  })
})
