import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'

import type { Aead } from '../provider.ts'

const ALGORITHM = 'chacha20-poly1305'
const OPTIONS = { authTagLength: 16 } as const

/** ChaCha20-Poly1305 of OpenSSL, with the key imported once. */
export class NodeAead implements Aead {
  readonly #key: KeyObject

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key)
  }

  seal(nonce: Uint8Array, aad: Uint8Array, parts: readonly Uint8Array[]): Uint8Array[] {
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce, OPTIONS)
    cipher.setAAD(aad, { plaintextLength: 0 })
    const pieces: Uint8Array[] = parts.map(part => cipher.update(part))
    cipher.final()
    pieces.push(cipher.getAuthTag())
    return pieces
  }

  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertext: Uint8Array,
    tag: Uint8Array,
  ): Uint8Array | undefined {
    if (tag.length !== 16) return undefined
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, OPTIONS)
    decipher.setAAD(aad, { plaintextLength: ciphertext.length })
    decipher.setAuthTag(tag)
    const plaintext = decipher.update(ciphertext)
    try {
      decipher.final()
      return plaintext
    } catch {
      // OpenSSL has one thing to say here: the tag does not match.
      plaintext.fill(0)
      return undefined
    }
  }
}
