import crypto from 'node:crypto'

import { bigIntModPow, checkModPow, fromBigInt } from '../srp-group.ts'
import { dhPrivateKeyDer, dhPublicKeyDer } from './der.ts'

/**
 * Lets OpenSSL raise numbers of the SRP group: what Diffie-Hellman computes of a private key and a
 * peer's public key is the power wanted.
 *
 * The keys are imported for each call. An object of `createDiffieHellman()` would be faster to use,
 * but tests the modulus for primality when it is made and blocks for two seconds.
 */
export function nodeModPow(base: Uint8Array, exponent: Uint8Array): Uint8Array {
  const numbers = checkModPow(base, exponent)
  const reduced = fromBigInt(numbers.base)
  try {
    const power = crypto.diffieHellman({
      privateKey: crypto.createPrivateKey({
        key: dhPrivateKeyDer(exponent),
        format: 'der',
        type: 'pkcs8',
      }),
      publicKey: crypto.createPublicKey({
        key: dhPublicKeyDer(reduced),
        format: 'der',
        type: 'spki',
      }),
    })
    const padded = new Uint8Array(reduced.length)
    padded.set(power, padded.length - power.length)
    return padded
  } catch {
    // What one OpenSSL or other refuses as a key is still a number.
    return fromBigInt(bigIntModPow(numbers.base, numbers.exponent))
  }
}
