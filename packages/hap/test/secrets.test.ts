import { type CryptoProvider, SRP_MODULUS } from '@hksv/crypto'
import { nodeProvider } from '@hksv/crypto/node'
import { pairingMessage, type VerifiedEvent } from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, fromHex } from './vector.ts'
import {
  ask,
  controllerId,
  controllerPublicKey,
  converse,
  next,
  type Random,
  seeded,
  setupController,
  verifyController,
  World,
} from './world.ts'

/**
 * A backend that remembers the memory of every secret: what was drawn, what keys are derived from
 * and what comes out. It computes with copies, so that only the machines can wipe the originals.
 */
class Watched {
  readonly secrets = new Set<Uint8Array>()
  readonly crypto: CryptoProvider = {
    ...nodeProvider,
    hkdfSha512: (inputKey, salt, info, length) => {
      this.secrets.add(inputKey)
      return this.#keep(nodeProvider.hkdfSha512(inputKey, salt, info, length))
    },
    x25519: scalar => {
      const key = nodeProvider.x25519(scalar.slice())
      const agree = (peer: Uint8Array) => {
        const secret = key.agree(peer)
        return secret && this.#keep(secret)
      }
      return { publicKey: key.publicKey, agree }
    },
  }
  readonly random: Random

  constructor(seed: string) {
    const random = seeded(seed)
    this.random = length => this.#keep(random(length))
  }

  /** Secrets that are still there, those in `owned` apart. */
  left(owned: readonly Uint8Array[] = []): Uint8Array[] {
    return [...this.secrets].filter(
      secret => !owned.includes(secret) && secret.some(byte => byte !== 0),
    )
  }

  #keep(secret: Uint8Array): Uint8Array {
    this.secrets.add(secret)
    return secret
  }
}

function pairedWorld(): World {
  const world = new World({ isPaired: true })
  world.pairings.push({ identifier: controllerId, publicKey: controllerPublicKey, permissions: 1 })
  return world
}

function ownedBy([event]: readonly VerifiedEvent[]): Uint8Array[] {
  if (event === undefined) throw new Error('not verified')
  const { keys, sharedSecret } = event
  return [keys.accessoryToController, keys.controllerToAccessory, sharedSecret]
}

describe('the secrets of pair-setup', () => {
  it('are wiped on both sides when it is done', () => {
    const [own, other] = [new Watched('b'), new Watched('a')]
    converse(new World().setup(own), setupController(other))
    // b, K, the three keys; a, K, the three keys.
    expect(own.secrets.size).toBeGreaterThanOrEqual(5)
    expect(other.secrets.size).toBeGreaterThanOrEqual(5)
    expect([own.left(), other.left()]).toEqual([[], []])
  })

  it('are wiped when the code is wrong', () => {
    const [own, other] = [new Watched('b'), new Watched('a')]
    const accessory = new World().setup(own)
    const controller = setupController({ ...other, setupCode: '031-45-155' })
    expect(() => converse(accessory, controller)).toThrow(
      expect.objectContaining({ code: 'PAIR_REFUSED' }),
    )
    expect([own.left(), other.left()]).toEqual([[], []])
  })

  it.each([1, 2])('are wiped when the connection ends after %i messages', messages => {
    const [own, other] = [new Watched('b'), new Watched('a')]
    const accessory = new World().setup(own)
    const controller = setupController(other)
    for (let i = 0; i < messages; i++) {
      controller.receive(ask(accessory, next(controller)).answer)
    }
    expect(own.left().length).toBeGreaterThan(0)
    accessory.close()
    controller.close()
    expect([own.left(), other.left()]).toEqual([[], []])
  })

  it.each([1, 2])('are wiped by a message out of order after %i messages', messages => {
    const [own, other] = [new Watched('b'), new Watched('a')]
    const accessory = new World().setup(own)
    const controller = setupController(other)
    for (let i = 0; i < messages; i++) {
      controller.receive(ask(accessory, next(controller)).answer)
    }
    for (const machine of [accessory, controller]) {
      expect(() => machine.receive(fromHex('060109'), 0)).toThrow()
    }
    expect([own.left(), other.left()]).toEqual([[], []])
  })

  it.each([
    ['right', undefined],
    ['wrong', '031-45-155'],
  ])('are wiped in each variant of leading zeros, the code being %s', (_what, setupCode) => {
    const variants: Uint8Array[] = []
    const crypto: CryptoProvider = {
      ...nodeProvider,
      sha512: (...parts) => {
        const hash = nodeProvider.sha512(...parts)
        // K is the hash of S alone, the only number that is hashed alone but N.
        const [only, ...more] = parts
        const isSecret = only !== SRP_MODULUS && more.length === 0 && (only?.length ?? 0) === 384
        if (isSecret) variants.push(hash)
        return hash
      },
    }
    const accessory = new World().setup({ crypto })
    const controller = setupController(setupCode === undefined ? {} : { setupCode })
    controller.receive(ask(accessory, next(controller)).answer)
    accessory.receive(next(controller), 0)
    expect(variants.length).toBe(2)
    expect(variants.flatMap(key => [...key]).every(byte => byte === 0)).toBe(true)
  })

  it.each([1, 2])('are wiped when another connection takes over after %i messages', messages => {
    const own = new Watched('b')
    const world = new World()
    const accessory = world.setup(own)
    const controller = setupController()
    for (let i = 0; i < messages; i++) {
      controller.receive(ask(accessory, next(controller)).answer)
    }
    expect(own.left().length).toBeGreaterThan(0)
    ask(world.setup(), next(setupController()), 30_000)
    expect(own.left()).toEqual([])
  })

  it.each([
    ['is zero', '00'],
    ['is right', undefined],
  ])('of the controller, the private key x of the code too, are wiped when B %s', (_what, b) => {
    const keys: Uint8Array[] = []
    const crypto: CryptoProvider = {
      ...nodeProvider,
      sha512: (...parts) => {
        const hash = nodeProvider.sha512(...parts)
        // x is the hash of the salt and another hash.
        if (parts.length === 2 && parts[0]?.length === 16) keys.push(hash)
        return hash
      },
    }
    const controller = setupController({ crypto })
    const { answer } = ask(new World().setup(), next(controller))
    const { salt, publicKey } = pairingMessage.decode(answer)
    const B = b === undefined ? publicKey : fromHex(b)
    const m2 = pairingMessage.encode({
      state: 2,
      ...(salt && { salt }),
      ...(B && { publicKey: B }),
    })
    expect(errorOf(() => controller.receive(m2))).toBe(b && 'PAIR_MALFORMED')
    expect(keys.length).toBe(1)
    expect(keys[0]?.every(byte => byte === 0)).toBe(true)
  })

  it('are wiped by a new M1, but for the new ones', () => {
    const own = new Watched('b')
    const accessory = new World().setup(own)
    const m1 = next(setupController())
    ask(accessory, m1)
    const [first] = own.left()
    ask(accessory, m1)
    expect(first?.every(byte => byte === 0)).toBe(true)
    expect(own.left().length).toBe(1)
  })
})

describe('the secrets of pair-verify', () => {
  it('are wiped but for the shared secret and the keys, which the events hand over', () => {
    const [own, other] = [new Watched('x'), new Watched('y')]
    const events = converse(pairedWorld().verify(own), verifyController(other))
    expect(own.left(ownedBy(events.accessory))).toEqual([])
    expect(other.left(ownedBy(events.controller))).toEqual([])
    expect(own.left().length).toBe(3)
    expect(other.left().length).toBe(3)
  })

  it('are wiped when the accessory does not know the controller', () => {
    const [own, other] = [new Watched('x'), new Watched('y')]
    expect(() => converse(new World().verify(own), verifyController(other))).toThrow()
    expect([own.left(), other.left()]).toEqual([[], []])
  })

  it('are wiped when the controller does not know the accessory', () => {
    const [own, other] = [new Watched('x'), new Watched('y')]
    const accessory = pairedWorld().verify(own)
    const publicKey = controllerPublicKey
    expect(() => converse(accessory, verifyController({ ...other, publicKey }))).toThrow()
    expect(other.left()).toEqual([])
    accessory.close()
    expect(own.left()).toEqual([])
  })

  it('are wiped when the connection ends early', () => {
    const [own, other] = [new Watched('x'), new Watched('y')]
    const accessory = pairedWorld().verify(own)
    const controller = verifyController(other)
    controller.receive(ask(accessory, next(controller)).answer)
    accessory.close()
    controller.close()
    expect([own.left(), other.left()]).toEqual([[], []])
  })
})
