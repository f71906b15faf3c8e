import crypto from 'node:crypto'

import { checkHkdf, checkLength, checkRandom } from '../length.ts'
import type { AgreementKey, CryptoProvider, SigningKey } from '../provider.ts'
import { NodeAead } from './aead.ts'
import { exportPublic, importPrivate, importPublic, PublicKeyCache } from './keys.ts'
import { nodeModPow } from './mod-pow.ts'

/** More than an accessory has controllers. */
const verifyKeys = new PublicKeyCache(32)

/** Cryptography of node:crypto. */
export const nodeProvider: CryptoProvider = {
  name: 'node',

  random(length) {
    checkRandom(length)
    return new Uint8Array(crypto.randomBytes(length))
  },

  sha512(...parts) {
    const hash = crypto.createHash('sha512')
    for (const part of parts) hash.update(part)
    return new Uint8Array(hash.digest())
  },

  hkdfSha512(inputKey, salt, info, length) {
    checkHkdf(info, length)
    return new Uint8Array(crypto.hkdfSync('sha512', inputKey, salt, info, length))
  },

  aead(key) {
    checkLength(key, 32, 'a ChaCha20-Poly1305 key')
    return new NodeAead(key)
  },

  ed25519(seed): SigningKey {
    checkLength(seed, 32, 'an Ed25519 seed')
    const key = importPrivate('ed25519', seed)
    return {
      publicKey: exportPublic(key),
      sign: message => new Uint8Array(crypto.sign(null, message, key)),
    }
  },

  ed25519Verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false
    try {
      return crypto.verify(null, message, verifyKeys.import(publicKey), signature)
    } catch {
      // Thrown for bytes that are no point of the curve.
      return false
    }
  },

  x25519(scalar): AgreementKey {
    checkLength(scalar, 32, 'an X25519 scalar')
    const privateKey = importPrivate('x25519', scalar)
    return {
      publicKey: exportPublic(privateKey),
      agree(peerPublicKey) {
        if (peerPublicKey.length !== 32) return undefined
        try {
          const publicKey = importPublic('x25519', peerPublicKey)
          return new Uint8Array(crypto.diffieHellman({ privateKey, publicKey }))
        } catch {
          // Thrown for points of low order.
          return undefined
        }
      },
    }
  },

  modPow: nodeModPow,

  equal: (a, b) => a.length === b.length && crypto.timingSafeEqual(a, b),
}
