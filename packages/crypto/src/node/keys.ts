import crypto, { type KeyObject } from 'node:crypto'

import { privateKeyDer, publicKeyDer } from './der.ts'

type Curve = 'x25519' | 'ed25519'

/** Imports a 32-byte seed or scalar. */
export function importPrivate(curve: Curve, seed: Uint8Array): KeyObject {
  return crypto.createPrivateKey({ key: privateKeyDer(curve, seed), format: 'der', type: 'pkcs8' })
}

/** Imports a 32-byte public key. */
export function importPublic(curve: Curve, key: Uint8Array): KeyObject {
  return crypto.createPublicKey({ key: publicKeyDer(curve, key), format: 'der', type: 'spki' })
}

/** @returns The 32-byte public key that belongs to a private one. */
export function exportPublic(privateKey: KeyObject): Uint8Array {
  const der = crypto.createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return new Uint8Array(der.subarray(-32))
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
