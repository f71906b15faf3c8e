import crypto from 'node:crypto'
import { portableProvider as portable, SRP_GENERATOR } from '@hksv/crypto'
import { chooseProvider, nodeProvider as node } from '@hksv/crypto/node'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { toHex } from './vector.ts'

// Other runtimes have a node:crypto, too, but not all of it. Here its functions fail as theirs do.

afterEach(() => vi.restoreAllMocks())

function fail(): never {
  throw new Error('not in this runtime')
}

describe('chooseProvider', () => {
  it.each([
    'createCipheriv',
    'createDecipheriv',
    'createSecretKey',
    'createHash',
    'hkdfSync',
    'createPrivateKey',
    'createPublicKey',
    'sign',
    'verify',
    'diffieHellman',
    'timingSafeEqual',
  ] as const)('goes without node:crypto when its %s fails', name => {
    vi.spyOn(crypto, name).mockImplementation(fail)
    expect(chooseProvider()).toBe(portable)
  })

  it('goes without a node:crypto that lacks a function altogether', () => {
    const { diffieHellman } = crypto
    try {
      Object.assign(crypto, { diffieHellman: undefined })
      expect(chooseProvider()).toBe(portable)
    } finally {
      Object.assign(crypto, { diffieHellman })
    }
    expect(chooseProvider()).toBe(node)
  })

  it('goes without a node:crypto that derives, hashes or agrees otherwise', () => {
    vi.spyOn(crypto, 'hkdfSync').mockReturnValue(new ArrayBuffer(32))
    expect(chooseProvider()).toBe(portable)
    vi.restoreAllMocks()
    vi.spyOn(crypto, 'diffieHellman').mockReturnValue(Buffer.alloc(32))
    expect(chooseProvider()).toBe(portable)
    vi.restoreAllMocks()
    vi.spyOn(crypto, 'verify').mockImplementation((() => false) as typeof crypto.verify)
    expect(chooseProvider()).toBe(portable)
  })
})

describe('the node backend', () => {
  it('raises with BigInt what OpenSSL does not take', () => {
    const exponent = Uint8Array.of(0, 1, 0x80)
    const power = toHex(portable.modPow(SRP_GENERATOR, exponent))
    expect(toHex(node.modPow(SRP_GENERATOR, exponent))).toBe(power)
    vi.spyOn(crypto, 'diffieHellman').mockImplementation(fail)
    expect(toHex(node.modPow(SRP_GENERATOR, exponent))).toBe(power)
  })

  it('does not take the slow way where OpenSSL can', () => {
    const raise = vi.spyOn(crypto, 'diffieHellman')
    const exponents = [
      [1],
      [2],
      [0, 0, 1],
      Array<number>(64).fill(0xff),
      [0x80, ...Array<number>(63).fill(0)],
    ]
    for (const exponent of exponents) node.modPow(SRP_GENERATOR, Uint8Array.from(exponent))
    node.modPow(Uint8Array.of(...Array<number>(384).fill(0xff)), Uint8Array.of(3))
    expect(raise.mock.results.map(({ type }) => type)).toEqual(Array(6).fill('return'))
  })

  it('takes a public key that cannot be imported for one that does not verify', () => {
    vi.spyOn(crypto, 'createPublicKey').mockImplementation(fail)
    const never = new Uint8Array(32).fill(0x5a)
    expect(node.ed25519Verify(never, never, new Uint8Array(64))).toBe(false)
  })

  it('imports a public key once, as long as it is among the last used', () => {
    const message = Uint8Array.of(1)
    const keys = Array.from({ length: 40 }, (_, i) =>
      node.ed25519(new Uint8Array(32).fill(100 + i)),
    )
    const signed = keys.map(key => ({ publicKey: key.publicKey, signature: key.sign(message) }))
    const imports = vi.spyOn(crypto, 'createPublicKey')
    const verify = (at: number): void => {
      const { publicKey, signature } = signed[at] ?? fail()
      expect(node.ed25519Verify(publicKey, message, signature)).toBe(true)
    }
    for (let at = 0; at < 40; at++) {
      verify(at)
      verify(0)
    }
    expect(imports).toHaveBeenCalledTimes(40)
    verify(0)
    verify(39)
    expect(imports).toHaveBeenCalledTimes(40)
    verify(1)
    expect(imports).toHaveBeenCalledTimes(41)
  })
})
