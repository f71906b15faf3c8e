import crypto, { type KeyObject } from 'node:crypto'

import { checkLength, NONCE_LENGTH, TAG_LENGTH } from '../length.ts'
import type { Aead } from '../provider.ts'

const ALGORITHM = 'chacha20-poly1305'
const OPTIONS = { authTagLength: TAG_LENGTH } as const

/** ChaCha20-Poly1305 of OpenSSL, with the key imported once. */
export class NodeAead implements Aead {
  readonly #key: KeyObject

  constructor(key: Uint8Array) {
    this.#key = crypto.createSecretKey(key)
  }

  seal(nonce: Uint8Array, aad: Uint8Array, parts: readonly Uint8Array[]): Uint8Array[] {
    checkLength(nonce, NONCE_LENGTH, 'a nonce')
    const cipher = crypto.createCipheriv(ALGORITHM, this.#key, nonce, OPTIONS)
    // The length matters to CCM only, but the types want one.
    cipher.setAAD(aad, { plaintextLength: 0 })
    const pieces = parts.map(part => plain(cipher.update(part)))
    cipher.final()
    pieces.push(plain(cipher.getAuthTag()))
    return pieces
  }

  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertext: Uint8Array,
    tag: Uint8Array,
  ): Uint8Array | undefined {
    checkLength(nonce, NONCE_LENGTH, 'a nonce')
    if (tag.length !== TAG_LENGTH) return undefined
    const decipher = crypto.createDecipheriv(ALGORITHM, this.#key, nonce, OPTIONS)
    decipher.setAAD(aad, { plaintextLength: 0 })
    decipher.setAuthTag(tag)
    const plaintext = plain(decipher.update(ciphertext))
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

/** The same memory without Buffer's methods, of which `slice` does something else. */
function plain({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}
