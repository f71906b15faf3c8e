import { ChaCha20Poly1305 } from '@stablelib/chacha20poly1305'
import { HKDF } from '@stablelib/hkdf'
import { SHA512 } from '@stablelib/sha512'
import nacl from 'tweetnacl'

import { checkHkdf, checkLength, checkRandom, NONCE_LENGTH, TAG_LENGTH } from './length.ts'
import type { Aead, AgreementKey, CryptoProvider, SigningKey } from './provider.ts'
import { bigIntModPow, checkModPow, fromBigInt, toBigInt } from './srp-group.ts'

declare const crypto: { getRandomValues(bytes: Uint8Array): Uint8Array }
declare class TextEncoder {
  encode(text: string): Uint8Array
}

/** The longest request of `getRandomValues`. */
const MAX_RANDOM = 65_536
/** L, the order of the group. @see RFC 8032 §5.1 */
const ED25519_ORDER = (1n << 252n) + 27_742_317_777_372_353_535_851_937_790_883_648_493n

/**
 * Cryptography in JavaScript alone, for runtimes whose OpenSSL lacks what HAP needs and for those
 * without one.
 */
export const portableProvider: CryptoProvider = {
  name: 'portable',

  random(length) {
    checkRandom(length)
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += MAX_RANDOM) {
      crypto.getRandomValues(bytes.subarray(at, at + MAX_RANDOM))
    }
    return bytes
  },

  sha512(...parts) {
    const hash = new SHA512()
    for (const part of parts) hash.update(part)
    return hash.digest()
  },

  hkdfSha512(inputKey, salt, info, length) {
    checkHkdf(info, length)
    return new HKDF(SHA512, inputKey, ascii(salt), ascii(info)).expand(length)
  },

  aead(key) {
    checkLength(key, 32, 'a ChaCha20-Poly1305 key')
    return new PortableAead(key)
  },

  ed25519(seed): SigningKey {
    checkLength(seed, 32, 'an Ed25519 seed')
    const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(seed)
    return { publicKey, sign: message => nacl.sign.detached(message, secretKey) }
  },

  ed25519Verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false
    // tweetnacl takes S + L for S, which gives every signature a second form.
    if (littleEndian(signature.subarray(32)) >= ED25519_ORDER) return false
    return nacl.sign.detached.verify(message, signature, publicKey)
  },

  x25519(scalar): AgreementKey {
    checkLength(scalar, 32, 'an X25519 scalar')
    const own = scalar.slice()
    return {
      publicKey: nacl.scalarMult.base(own),
      agree(peerPublicKey) {
        if (peerPublicKey.length !== 32) return undefined
        const secret = nacl.scalarMult(own, peerPublicKey)
        return secret.every(byte => byte === 0) ? undefined : secret
      },
    }
  },

  modPow(base, exponent) {
    const numbers = checkModPow(base, exponent)
    return fromBigInt(bigIntModPow(numbers.base, numbers.exponent))
  },

  equal(a, b) {
    let difference = a.length ^ b.length
    for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
    return difference === 0
  },
}

class PortableAead implements Aead {
  readonly #cipher: ChaCha20Poly1305

  constructor(key: Uint8Array) {
    this.#cipher = new ChaCha20Poly1305(key)
  }

  seal(nonce: Uint8Array, aad: Uint8Array, parts: readonly Uint8Array[]): Uint8Array[] {
    checkLength(nonce, NONCE_LENGTH, 'a nonce')
    const plaintext = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) {
      plaintext.set(part, at)
      at += part.length
    }
    const sealed = this.#cipher.seal(nonce, plaintext, aad)
    const pieces: Uint8Array[] = []
    let from = 0
    for (const { length } of parts) {
      pieces.push(sealed.subarray(from, from + length))
      from += length
    }
    return [...pieces, sealed.subarray(from)]
  }

  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertext: Uint8Array,
    tag: Uint8Array,
  ): Uint8Array | undefined {
    checkLength(nonce, NONCE_LENGTH, 'a nonce')
    if (tag.length !== TAG_LENGTH) return undefined
    const sealed = new Uint8Array(ciphertext.length + tag.length)
    sealed.set(ciphertext)
    sealed.set(tag, ciphertext.length)
    return this.#cipher.open(nonce, sealed, aad) ?? undefined
  }
}

/** Text is ASCII in every protocol here; anything else becomes UTF-8, as in node:crypto. */
function ascii(text: Uint8Array | string): Uint8Array {
  return typeof text === 'string' ? new TextEncoder().encode(text) : text
}

function littleEndian(bytes: Uint8Array): bigint {
  return toBigInt(bytes.toReversed())
}
