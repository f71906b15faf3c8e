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
   * @returns The plaintext of each record that is complete now, in fresh memory; nothing for records
   * without any.
   * @throws HapError `RECORD_TOO_LONG` or `RECORD_AUTHENTICATION`: close, the stream is lost. Every
   * further call throws.
   */
  open(bytes: Uint8Array): Uint8Array[] {
    const opened: Uint8Array[] = []
    let rest = bytes
    const begun = this.#pending
    if (begun.length > 0) {
      // Joined with no more than it may lack: of a large chunk the rest is read where it is.
      const record = concat(begun, bytes.subarray(0, MAX_RECORD + OVERHEAD - begun.length))
      const length = this.#openFirst(record, opened)
      if (length === 0) {
        this.#pending = record
        return opened
      }
      rest = bytes.subarray(length - begun.length)
    }
    let length = this.#openFirst(rest, opened)
    while (length > 0) {
      rest = rest.subarray(length)
      length = this.#openFirst(rest, opened)
    }
    // A copy: what is left must not pin the socket's buffer.
    this.#pending = rest.slice()
    return opened
  }

  /** @returns The length of the record that `input` begins with, 0 unless it is complete. */
  #openFirst(input: Uint8Array, opened: Uint8Array[]): number {
    const aead = this.#aead
    if (aead === undefined) throw this.#lose('RECORD_AUTHENTICATION')
    const low = input[0]
    const high = input[1]
    if (low === undefined || high === undefined) return 0
    const length = low | (high << 8)
    if (length > MAX_RECORD) throw this.#lose('RECORD_TOO_LONG')
    const end = length + OVERHEAD
    if (end > input.length) return 0
    const plain = aead.open(
      this.#nonce.next(),
      input.subarray(0, 2),
      input.subarray(2, end - TAG),
      input.subarray(end - TAG, end),
    )
    if (plain === undefined) throw this.#lose('RECORD_AUTHENTICATION')
    // Empty records only cost a step of the counter: thousands of them must not become thousands of
    // objects.
    if (length > 0) opened.push(plain)
    return end
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
