import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto'

import type { SessionKeys } from './key-derivation.ts'

/**
 * Encrypts and authenticates single packets; the index of a packet is told by who calls. Counter mode is
 * the same in both directions.
 * @see RFC 3711 §4.1.1, §4.2
 */
export class PacketCipher {
  readonly #keys: SessionKeys
  /** The counter of the packet at hand. */
  readonly #counter = new Uint8Array(16)
  readonly #counterView = new DataView(this.#counter.buffer)
  readonly #saltView: DataView
  readonly #rollover = new Uint8Array(4)

  constructor(keys: SessionKeys) {
    this.#keys = keys
    const { buffer, byteOffset, byteLength } = keys.salt
    this.#saltView = new DataView(buffer, byteOffset, byteLength)
  }

  /**
   * Encrypts or decrypts from `start` to `end` in place.
   * @param index - 48 bits for RTP, 31 for RTCP.
   */
  crypt(
    bytes: Uint8Array,
    range: { start: number; end: number },
    ssrc: number,
    index: number,
  ): void {
    const { start, end } = range
    if (start >= end) return
    const { algorithm, cipherKey } = this.#keys
    const salt = this.#saltView
    const counter = this.#counterView
    const high = Math.floor(index / 0x10000)
    counter.setUint32(0, salt.getUint32(0))
    counter.setUint32(4, salt.getUint32(4) ^ ssrc)
    counter.setUint32(8, salt.getUint32(8) ^ high)
    counter.setUint32(12, (salt.getUint16(12) ^ (index & 0xffff)) << 16)
    const cipher = createCipheriv(algorithm, cipherKey, this.#counter)
    bytes.set(cipher.update(bytes.subarray(start, end)), start)
  }

  /**
   * Computes the tag over `bytes` up to `end`, for RTP with the rollover counter behind them.
   * @returns The whole HMAC: 20 bytes, of which a suite uses the first.
   */
  authenticate(bytes: Uint8Array, end: number, rollover?: number): Uint8Array {
    const hmac = createHmac('sha1', this.#keys.authenticationKey).update(bytes.subarray(0, end))
    if (rollover === undefined) return hmac.digest()
    new DataView(this.#rollover.buffer).setUint32(0, rollover)
    return hmac.update(this.#rollover).digest()
  }

  /** @returns Whether the tag behind `end` is right; compared in constant time. */
  isAuthentic(bytes: Uint8Array, end: number, rollover?: number): boolean {
    const tag = bytes.subarray(end)
    return timingSafeEqual(tag, this.authenticate(bytes, end, rollover).subarray(0, tag.length))
  }
}
