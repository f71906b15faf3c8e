import { portableProvider as portable } from '@hksv/crypto'
import { chooseProvider, nodeProvider as node } from '@hksv/crypto/node'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { backends, cut, toHex } from './vector.ts'

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length })
const some = fc.uint8Array({ maxLength: 300 })
const few = { numRuns: 25 }

function flip(original: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(original)
  const at = (bit >> 3) % changed.length
  changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7))
  return changed
}

describe('ChaCha20-Poly1305 of both backends', () => {
  const parts = fc.array(some, { maxLength: 5 })

  it('seals alike, in any number of parts', () => {
    fc.assert(
      fc.property(bytes(32), bytes(12), some, parts, (key, nonce, aad, plain) => {
        const sealed = node.aead(key).seal(nonce, aad, plain)
        expect(portable.aead(key).seal(nonce, aad, plain).map(toHex)).toEqual(sealed.map(toHex))
        expect(sealed.map(({ length }) => length)).toEqual([...plain.map(p => p.length), 16])
        const whole = node.aead(key).seal(nonce, aad, [Buffer.concat(plain)])
        expect(toHex(Buffer.concat(sealed))).toBe(toHex(Buffer.concat(whole)))
      }),
    )
  })

  it('gives plain Uint8Arrays, never Buffers', () => {
    const [key, nonce] = [new Uint8Array(32), new Uint8Array(12)]
    for (const crypto of backends) {
      const sealed = crypto.aead(key).seal(nonce, nonce, [key, nonce])
      const [ciphertext = key, , tag = key] = crypto.aead(key).seal(nonce, nonce, [key, key])
      const opened = crypto.aead(key).open(nonce, nonce, ciphertext, tag)
      for (const piece of [...sealed, crypto.sha512(key), crypto.random(4), opened]) {
        expect(piece === undefined || Object.getPrototypeOf(piece) === Uint8Array.prototype).toBe(
          true,
        )
      }
    }
  })

  it('leaves its inputs alone', () => {
    for (const crypto of backends) {
      const [key, nonce, plain] = [bytesOf(32, 1), bytesOf(12, 2), bytesOf(100, 3)]
      const [ciphertext = plain, tag = plain] = crypto.aead(key).seal(nonce, nonce, [plain])
      const before = [ciphertext, tag].map(toHex)
      expect(toHex(crypto.aead(key).open(nonce, nonce, ciphertext, tag))).toBe(toHex(plain))
      expect([ciphertext, tag].map(toHex)).toEqual(before)
      expect([key, nonce, plain].map(toHex)).toEqual(
        [bytesOf(32, 1), bytesOf(12, 2), bytesOf(100, 3)].map(toHex),
      )
    }
  })

  it('keeps the key it was made with', () => {
    for (const crypto of backends) {
      const key = bytesOf(32, 9)
      const nonce = new Uint8Array(12)
      const box = crypto.aead(key)
      const before = box.seal(nonce, nonce, [nonce]).map(toHex)
      key.fill(0)
      expect(box.seal(nonce, nonce, [nonce]).map(toHex)).toEqual(before)
    }
  })

  it.each([
    ['portable', 'node', portable, node],
    ['node', 'portable', node, portable],
  ])('what %s sealed, %s opens, and not with one bit changed', (_, __, sealer, opener) => {
    const filled = fc.uint8Array({ minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(bytes(32), bytes(12), filled, filled, fc.nat(), (key, nonce, aad, plain, bit) => {
        const [ciphertext = aad, tag = aad] = sealer.aead(key).seal(nonce, aad, [plain])
        const box = opener.aead(key)
        expect(toHex(box.open(nonce, aad, ciphertext, tag))).toBe(toHex(plain))
        expect(box.open(flip(nonce, bit), aad, ciphertext, tag)).toBeUndefined()
        expect(box.open(nonce, flip(aad, bit), ciphertext, tag)).toBeUndefined()
        expect(box.open(nonce, aad, flip(ciphertext, bit), tag)).toBeUndefined()
        expect(box.open(nonce, aad, ciphertext, flip(tag, bit))).toBeUndefined()
        expect(opener.aead(flip(key, bit)).open(nonce, aad, ciphertext, tag)).toBeUndefined()
      }),
    )
  })
})

describe('Ed25519 of both backends', () => {
  it('signs alike, and verifies the signatures of the other', () => {
    fc.assert(
      fc.property(bytes(32), some, fc.nat(), (seed, message, bit) => {
        const key = node.ed25519(seed)
        const signature = key.sign(message)
        const other = portable.ed25519(seed)
        expect([other.publicKey, other.sign(message)].map(toHex)).toEqual(
          [key.publicKey, signature].map(toHex),
        )
        for (const crypto of backends) {
          expect(crypto.ed25519Verify(key.publicKey, message, signature)).toBe(true)
          expect(crypto.ed25519Verify(key.publicKey, message, flip(signature, bit))).toBe(false)
        }
      }),
      few,
    )
  })

  it('judges public keys and signatures of any bytes alike', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), bytes(64), (seed, publicKey, noise) => {
        const message = seed
        const signature = node.ed25519(seed).sign(message)
        const [r = noise, s = noise] = cut(signature, 32)
        const signatures = [
          signature,
          noise,
          Uint8Array.of(...r, ...noise.subarray(32)),
          Uint8Array.of(...noise.subarray(32), ...s),
        ]
        for (const candidate of signatures) {
          expect(portable.ed25519Verify(publicKey, message, candidate)).toBe(
            node.ed25519Verify(publicKey, message, candidate),
          )
        }
      }),
      few,
    )
  })
})

describe('X25519 of both backends', () => {
  it('agrees alike with any coordinate, and with each other', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), bytes(32), (a, b, coordinate) => {
        const [one, two] = [node.x25519(a), portable.x25519(b)]
        expect(toHex(portable.x25519(a).publicKey)).toBe(toHex(one.publicKey))
        expect(toHex(one.agree(two.publicKey))).toBe(toHex(two.agree(one.publicKey)))
        expect(toHex(portable.x25519(a).agree(coordinate))).toBe(toHex(one.agree(coordinate)))
      }),
      few,
    )
  })

  it('keeps the scalar it was made with', () => {
    for (const crypto of backends) {
      const scalar = bytesOf(32, 9)
      const key = crypto.x25519(scalar)
      const peer = bytesOf(32, 7)
      const before = toHex(key.agree(peer))
      scalar.fill(1)
      expect(toHex(key.agree(peer))).toBe(before)
    }
  })
})

describe('hashes, powers, random bytes and comparison of both backends', () => {
  it('derives and hashes alike', () => {
    fc.assert(
      fc.property(some, some, some, fc.nat(400), (inputKey, salt, info, length) => {
        expect(toHex(portable.hkdfSha512(inputKey, salt, info, length))).toBe(
          toHex(node.hkdfSha512(inputKey, salt, info, length)),
        )
        expect(toHex(portable.sha512(inputKey, salt, info))).toBe(
          toHex(node.sha512(Buffer.concat([inputKey, salt, info]))),
        )
      }),
    )
  })

  it('raises alike', () => {
    const base = fc.uint8Array({ minLength: 2, maxLength: 384 }).map(b => Uint8Array.of(1, ...b))
    const exponent = fc.uint8Array({ maxLength: 63 }).map(b => Uint8Array.of(...b, 1))
    fc.assert(
      fc.property(base, exponent, (b, e) => {
        expect(toHex(portable.modPow(b, e))).toBe(toHex(node.modPow(b, e)))
      }),
      few,
    )
  })

  it.each(backends)('$name compares', crypto => {
    fc.assert(
      fc.property(some, some, fc.nat(), (a, b, bit) => {
        expect(crypto.equal(a, b)).toBe(toHex(a) === toHex(b))
        expect(crypto.equal(a, Uint8Array.from(a))).toBe(true)
        if (a.length > 0) expect(crypto.equal(a, flip(a, bit))).toBe(false)
        expect(crypto.equal(a, Uint8Array.of(...a, 0))).toBe(false)
      }),
    )
  })

  it.each(backends)('$name makes as many random bytes as wanted, others each time', crypto => {
    for (const length of [0, 1, 32, 65_536, 65_537, 200_000]) {
      expect(crypto.random(length).length).toBe(length)
    }
    // All of a long request is filled: 64 zeros at its end come once in 2^512.
    expect(
      crypto
        .random(65_600)
        .subarray(-64)
        .every(byte => byte === 0),
    ).toBe(false)
    expect(toHex(crypto.random(32))).not.toBe(toHex(crypto.random(32)))
  })

  it.each(backends)('$name makes no negative or broken number of random bytes', crypto => {
    for (const length of [-1, 0.5, Number.NaN]) {
      expect(() => crypto.random(length)).toThrow(RangeError)
    }
  })
})

describe('chooseProvider', () => {
  it('takes node:crypto, which can do everything here', () => {
    expect(chooseProvider()).toBe(node)
    expect(chooseProvider().name).toBe('node')
    expect(portable.name).toBe('portable')
  })
})

function bytesOf(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill)
}
