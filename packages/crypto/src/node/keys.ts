import crypto, { type KeyObject } from 'node:crypto'

import { privateKeyDer } from './der.ts'

type Curve = 'x25519' | 'ed25519'

const jwkCurves = { x25519: 'X25519', ed25519: 'Ed25519' } as const

/**
 * Imports a 32-byte seed or scalar.
 *
 * As JWK the key goes to OpenSSL raw, which takes 0.06 ms where its DER decoder takes 0.4 (Node 20).
 * The public half is not needed for that, but newer Nodes insist on a true one and get DER, at which
 * their OpenSSL is as fast.
 */
export function importPrivate(curve: Curve, seed: Uint8Array): KeyObject {
  try {
    const key = { kty: 'OKP', crv: jwkCurves[curve], d: base64url(seed), x: '' }
    return crypto.createPrivateKey({ key, format: 'jwk' })
  } catch {
    const key = privateKeyDer(curve, seed)
    return crypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  }
}

/** Imports a 32-byte public key. */
export function importPublic(curve: Curve, key: Uint8Array): KeyObject {
  const jwk = { kty: 'OKP', crv: jwkCurves[curve], x: base64url(key) }
  return crypto.createPublicKey({ key: jwk, format: 'jwk' })
}

/** @returns The 32-byte public key that belongs to a private one. */
export function exportPublic(privateKey: KeyObject): Uint8Array {
  const { x = '' } = crypto.createPublicKey(privateKey).export({ format: 'jwk' })
  return new Uint8Array(Buffer.from(x, 'base64url'))
}

function base64url(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('base64url')
}

/**
 * The Ed25519 public keys used last, imported: with a handful of controllers that verify again and
 * again, the import is nearly half of a verification. What it holds is public and bounded.
 */
export class PublicKeyCache {
  readonly #keys = new Map<string, KeyObject>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  import(key: Uint8Array): KeyObject {
    const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString('hex')
    const imported = this.#keys.get(name) ?? importPublic('ed25519', key)
    // A Map lists its keys in the order of insertion: the first is the one used longest ago.
    this.#keys.delete(name)
    this.#keys.set(name, imported)
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= this.#capacity) break
      this.#keys.delete(oldest)
    }
    return imported
  }
}
