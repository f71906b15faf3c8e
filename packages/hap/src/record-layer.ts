import type { Aead, CryptoProvider } from '@hksv/crypto'

import { concat } from './bytes.ts'
import { HapError } from './errors.ts'

const MAX_RECORD = 1024
const TAG = 16
const OVERHEAD = 2 + TAG

/**
 * Seals what one side of a verified session writes: records of 2 bytes little-endian length, at
 * most 1024 bytes of ciphertext, 16-byte tag. The length is the additional data, a 64-bit counter
 * from 0 the nonce.
 *
 * @see HomeKit Accessory Protocol R2 §6.5.2
 */
export class RecordSealer {
  readonly #aead: Aead
  readonly #nonce = new Nonce()

  constructor(crypto: CryptoProvider, key: Uint8Array) {
    this.#aead = crypto.aead(key)
  }

  /** @returns The records of `plaintext` in one piece of fresh memory. */
  seal(plaintext: Uint8Array): Uint8Array {
    const count = Math.ceil(plaintext.length / MAX_RECORD)
    const sealed = new Uint8Array(plaintext.length + count * OVERHEAD)
    let to = 0
    for (let from = 0; from < plaintext.length; from += MAX_RECORD) {
      const part = plaintext.subarray(from, from + MAX_RECORD)
      const length = sealed.subarray(to, to + 2)
      length[0] = part.length & 0xff
      length[1] = part.length >> 8
      to += 2
      for (const piece of this.#aead.seal(this.#nonce.next(), length, [part])) {
        sealed.set(piece, to)
        to += piece.length
      }
    }
    return sealed
  }
}

/** Opens what the other side wrote, however the stream is cut. */
export class RecordOpener {
  /** Dropped with the first record that does not hold: key and counter are worthless then. */
  #aead: Aead | undefined
  readonly #nonce = new Nonce()
  #pending: Uint8Array = new Uint8Array(0)

  constructor(crypto: CryptoProvider, key: Uint8Array) {
    this.#aead = crypto.aead(key)
  }

  /** Bytes kept for a record that is not complete: at most 1041. */
  get pendingLength(): number {
    return this.#pending.length
  }

  /**
   * @returns The plaintext of each record that is complete now, in fresh memory.
   * @throws HapError `RECORD_TOO_LONG` or `RECORD_AUTHENTICATION`: close, the stream is lost. Every
   * further call throws.
   */
  open(bytes: Uint8Array): Uint8Array[] {
    const aead = this.#aead
    if (aead === undefined) throw this.#lose('RECORD_AUTHENTICATION')
    const input = this.#pending.length === 0 ? bytes : concat(this.#pending, bytes)
    const opened: Uint8Array[] = []
    let at = 0
    while (input.length - at >= 2) {
      const length = (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8)
      if (length > MAX_RECORD) throw this.#lose('RECORD_TOO_LONG')
      const end = at + length + OVERHEAD
      if (end > input.length) break
      const plain = aead.open(
        this.#nonce.next(),
        input.subarray(at, at + 2),
        input.subarray(at + 2, end - TAG),
        input.subarray(end - TAG, end),
      )
      if (plain === undefined) throw this.#lose('RECORD_AUTHENTICATION')
      opened.push(plain)
      at = end
    }
    // A copy: what is left must not pin the socket's buffer.
    this.#pending = input.slice(at)
    return opened
  }

  #lose(code: 'RECORD_TOO_LONG' | 'RECORD_AUTHENTICATION'): HapError {
    this.#aead = undefined
    this.#pending = new Uint8Array(0)
    return new HapError(code)
  }
}

/** Four zero bytes and a 64-bit little-endian counter. */
class Nonce {
  readonly #view = new DataView(new ArrayBuffer(12))
  /** A BigInt, so that nothing happens at 2^32. */
  #counter = 0n

  next(): Uint8Array {
    this.#view.setBigUint64(4, this.#counter++, true)
    return new Uint8Array(this.#view.buffer)
  }
}
