import {
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'

import { checkLength } from '../length.ts'
import { portableProvider } from '../portable.ts'
import type { AgreementKey, CryptoProvider, SigningKey } from '../provider.ts'
import { bigIntModPow, checkModPow, fromBigInt, SRP_GENERATOR } from '../srp-group.ts'
import { NodeAead } from './aead.ts'
import { dhPrivateKeyDer, dhPublicKeyDer, privateKeyDer, publicKeyDer } from './der.ts'

/** Cryptography of node:crypto. */
export const nodeProvider: CryptoProvider = {
  name: 'node',

  random: length => new Uint8Array(randomBytes(length)),

  sha512(...parts) {
    const hash = createHash('sha512')
    for (const part of parts) hash.update(part)
    return new Uint8Array(hash.digest())
  },

  hkdfSha512: (inputKey, salt, info, length) =>
    new Uint8Array(hkdfSync('sha512', inputKey, salt, info, length)),

  aead(key) {
    checkLength(key, 32, 'a ChaCha20-Poly1305 key')
    return new NodeAead(key)
  },

  ed25519(seed): SigningKey {
    checkLength(seed, 32, 'an Ed25519 seed')
    const key = importPrivate('ed25519', seed)
    return {
      publicKey: exportPublic(key),
      sign: message => new Uint8Array(sign(null, message, key)),
    }
  },

  ed25519Verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false
    try {
      return verify(null, message, importPublic('ed25519', publicKey), signature)
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
          return new Uint8Array(diffieHellman({ privateKey, publicKey }))
        } catch {
          // Thrown for points of low order.
          return undefined
        }
      },
    }
  },

  // A Diffie-Hellman key object is imported for each call: createDiffieHellman() would be faster to
  // use, but tests the modulus for primality when it is made and blocks for two seconds.
  modPow(base, exponent) {
    const numbers = checkModPow(base, exponent)
    const reduced = fromBigInt(numbers.base)
    try {
      const privateKey = createPrivateKey({
        key: dhPrivateKeyDer(exponent),
        format: 'der',
        type: 'pkcs8',
      })
      const publicKey = createPublicKey({
        key: dhPublicKeyDer(reduced),
        format: 'der',
        type: 'spki',
      })
      const power = diffieHellman({ privateKey, publicKey })
      const padded = new Uint8Array(reduced.length)
      padded.set(power, padded.length - power.length)
      return padded
    } catch {
      // What one OpenSSL or other refuses as a key is still a number.
      return fromBigInt(bigIntModPow(numbers.base, numbers.exponent))
    }
  },

  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
}

/**
 * Chooses the provider for this process: node:crypto where it can do everything, JavaScript where
 * its OpenSSL lacks something (Electron, Bun). Call it once and hand the result on.
 */
export function chooseProvider(): CryptoProvider {
  try {
    const secret = new Uint8Array(32).fill(9)
    const nonce = new Uint8Array(12)
    const [ciphertext = nonce, tag = nonce] = nodeProvider.aead(secret).seal(nonce, nonce, [secret])
    const opened = nodeProvider.aead(secret).open(nonce, nonce, ciphertext, tag)
    const signer = nodeProvider.ed25519(secret)
    const pair = nodeProvider.x25519(secret)
    const agreed = pair.agree(pair.publicKey)
    const isComplete =
      opened !== undefined &&
      agreed !== undefined &&
      nodeProvider.ed25519Verify(signer.publicKey, secret, signer.sign(secret)) &&
      nodeProvider.equal(
        nodeProvider.modPow(SRP_GENERATOR, secret),
        portableProvider.modPow(SRP_GENERATOR, secret),
      )
    return isComplete ? nodeProvider : portableProvider
  } catch {
    // What is missing does not matter: the portable backend has all of it.
    return portableProvider
  }
}

function importPrivate(curve: 'x25519' | 'ed25519', seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: privateKeyDer(curve, seed), format: 'der', type: 'pkcs8' })
}

function importPublic(curve: 'x25519' | 'ed25519', key: Uint8Array): KeyObject {
  return createPublicKey({ key: publicKeyDer(curve, key), format: 'der', type: 'spki' })
}

function exportPublic(privateKey: KeyObject): Uint8Array {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return new Uint8Array(der.subarray(-32))
}
