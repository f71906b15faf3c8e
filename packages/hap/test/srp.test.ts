import {
  createSrpCredentials,
  pairingMessage,
  serverPublicKey,
  serverSharedSecret,
} from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, fromHex, providers, toHex, vectors } from './vector.ts'
import { ask, credentials, draws, next, setupController, World } from './world.ts'

interface Case {
  readonly side: 'accessory' | 'controller'
  readonly draws: readonly string[]
  readonly hex: string
  readonly value?: string
  readonly answer?: string
  readonly error?: string
  readonly refusal?: 'authentication'
  readonly isCounted?: false
  readonly intermediate?: { sharedSecret: string; sessionKey: string; publicKeyB?: string }
}

const file = vectors<Case, { setupCode: string; salt: string; verifier: string }>('srp')
const rows = (side: Case['side']) => file.cases.filter(row => row.side === side)
const m1 = fromHex('060101000100')
const authentication = '060104070102'

describe.each(providers)('SRP with the $name backend', crypto => {
  it('computes the verifier of the vectors', () => {
    const made = createSrpCredentials(crypto, file.setupCode, fromHex(file.salt))
    expect(toHex(made.verifier)).toBe(file.verifier)
    expect(made.verifier.length).toBe(384)
  })

  it('draws a new salt of 16 bytes for each verifier', () => {
    const [one, two] = [0, 1].map(() => createSrpCredentials(crypto, file.setupCode))
    expect(one?.salt.length).toBe(16)
    expect(one?.salt).not.toEqual(two?.salt)
    expect(one?.verifier).not.toEqual(two?.verifier)
  })

  it.each(rows('accessory'))('accessory: $name', row => {
    const random = draws(...row.draws.map(fromHex))
    const world = new World()
    const machine = world.setup({ crypto, random })
    ask(machine, m1)
    expect(random.given.length).toBe(row.draws.length)
    if (row.error !== undefined) {
      expect(errorOf(() => machine.receive(fromHex(row.hex), 0))).toBe(row.error)
      expect(world.gate.failedAttempts).toBe(0)
      return
    }
    const { answer, events } = ask(machine, fromHex(row.hex))
    if (row.refusal === undefined) {
      expect(toHex(answer)).toBe(row.value)
      expect(events).toEqual([])
    } else {
      expect(toHex(answer)).toBe(authentication)
      const counted = row.isCounted === false ? [] : [1]
      expect(events).toEqual(
        counted.map(failedAttempts => ({ type: 'attempts-changed', failedAttempts })),
      )
      expect(world.gate.failedAttempts).toBe(counted.length)
    }
  })

  it.each(rows('accessory').filter(row => row.intermediate !== undefined))(
    'accessory, S and B of: $name',
    row => {
      const secret = fromHex(row.draws.at(-1) ?? '')
      const publicKey = serverPublicKey(crypto, credentials.verifier, secret)
      expect(toHex(publicKey)).toBe(row.intermediate?.publicKeyB)
      const { publicKey: publicKeyA = new Uint8Array() } = pairingMessage.decode(fromHex(row.hex))
      const server = { ...credentials, secret, publicKey }
      const shared = serverSharedSecret(crypto, server, publicKeyA)
      expect(shared && toHex(shared)).toBe(row.intermediate?.sharedSecret)
    },
  )

  it.each(rows('controller'))('controller: $name', row => {
    const random = draws(...row.draws.map(fromHex))
    const machine = setupController({ crypto, random, setupCode: file.setupCode })
    next(machine)
    if (row.error !== undefined) {
      expect(errorOf(() => machine.receive(fromHex(row.hex)))).toBe(row.error)
      expect(machine.take()).toBeUndefined()
      return
    }
    machine.receive(fromHex(row.hex))
    expect(random.given.length).toBe(row.draws.length)
    expect(toHex(next(machine))).toBe(row.value)
    machine.receive(fromHex(row.answer ?? ''))
    expect(next(machine).length).toBe(159)
  })
})
