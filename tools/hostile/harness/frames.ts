import type { Aead } from '@hksv/crypto'
import { nodeProvider as crypto } from '@hksv/crypto/node'

/** Writes records one by one, with whatever counter, length and tag it is told to. */
export class Frames {
  readonly #aead: Aead
  #counter = 0n

  /** @param key Of the direction from controller to accessory, 32 bytes. */
  constructor(key: Uint8Array) {
    this.#aead = crypto.aead(key)
  }

  /** The next record. @param length The length to announce, and to authenticate. */
  next(plain: string | Uint8Array, length?: number): Buffer {
    const bytes = Buffer.from(plain)
    const nonce = Buffer.alloc(12)
    nonce.writeBigUInt64LE(this.#counter++, 4)
    const announced = Buffer.alloc(2)
    announced.writeUInt16LE(length ?? bytes.length)
    return Buffer.concat([announced, ...this.#aead.seal(nonce, announced, [bytes])])
  }
}
