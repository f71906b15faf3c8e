import type { Aead, CryptoProvider } from '@hksv/crypto'

import { frameHeader, frameNonce } from './frame.ts'

/**
 * Seals the frames of one direction of a connection.
 *
 * @see observed: HAP-NodeJS 1.2.0, vectors `hds/frames`
 */
export class FrameSealer {
  readonly #aead: Aead
  #counter: bigint

  /**
   * @param key 32 bytes: for an accessory `accessoryToController`, for a hub the other one.
   * @param counter The number of the next frame.
   */
  constructor(crypto: CryptoProvider, key: Uint8Array, counter = 0n) {
    this.#aead = crypto.aead(key)
    this.#counter = counter
  }

  /**
   * Seals one payload, given in parts that are never joined.
   *
   * @returns The 4-byte header, one ciphertext piece per part, the 16-byte tag; fresh memory.
   * @throws RangeError on a payload longer than 0xFFFEB bytes.
   */
  seal(parts: readonly Uint8Array[]): Uint8Array[] {
    const header = frameHeader(parts.reduce((sum, part) => sum + part.length, 0))
    return [header, ...this.#aead.seal(frameNonce(this.#counter++), header, parts)]
  }
}
