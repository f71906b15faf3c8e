import type { Aead, CryptoProvider } from '@hksv/crypto'

import { HdsError } from './errors.ts'
import {
  FRAME_HEADER_LENGTH,
  FRAME_TAG_LENGTH,
  frameNonce,
  MAX_PAYLOAD_LENGTH,
  payloadLength,
} from './frame.ts'

/** What a {@link FrameOpener} may be told. */
export interface FrameOpenerOptions {
  /** Longer frames are an error (default 0xFFFFF bytes of payload). */
  readonly maxPayloadLength?: number
  /** The number of the next frame (default 0). */
  readonly counter?: bigint
}

/**
 * Opens the frames of one direction of a connection, however the bytes are cut.
 *
 * It keeps the arrays it is given until the frame is complete, so memory follows what arrived and
 * not what a frame announces; a frame's pieces are joined once, and not at all if it came in one.
 */
export class FrameOpener {
  readonly #aead: Aead
  readonly #maxPayloadLength: number
  #counter: bigint
  #chunks: Uint8Array[] = []
  #length = 0
  /** How many bytes to wait for: a header, then the whole frame. */
  #needed = FRAME_HEADER_LENGTH
  #error: HdsError | undefined

  /** @param key 32 bytes. */
  constructor(crypto: CryptoProvider, key: Uint8Array, options: FrameOpenerOptions = {}) {
    this.#aead = crypto.aead(key)
    this.#maxPayloadLength = options.maxPayloadLength ?? MAX_PAYLOAD_LENGTH
    this.#counter = options.counter ?? 0n
  }

  /** Bytes that wait for the rest of their frame. */
  get pendingLength(): number {
    return this.#length
  }

  /** Takes bytes, which must not change until {@link FrameOpener.next} returns `undefined`. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#error !== undefined) return
    this.#chunks.push(bytes)
    this.#length += bytes.length
  }

  /**
   * @returns The next payload in fresh memory, or `undefined` when its frame is not complete.
   * @throws HdsError HDS_FRAME_TYPE, HDS_FRAME_TOO_LONG, HDS_FRAME_TOO_SHORT, HDS_AUTHENTICATION,
   * and the same again on every further call: close the connection.
   */
  next(): Uint8Array | undefined {
    if (this.#error !== undefined) throw this.#error
    try {
      return this.#open()
    } catch (error) {
      if (error instanceof HdsError) this.#error = error
      this.#chunks = []
      this.#length = 0
      throw error
    }
  }

  #open(): Uint8Array | undefined {
    if (this.#length < this.#needed) return undefined
    if (this.#needed === FRAME_HEADER_LENGTH) {
      const length = payloadLength(this.#peek(FRAME_HEADER_LENGTH), this.#maxPayloadLength)
      this.#needed += length + FRAME_TAG_LENGTH
      if (this.#length < this.#needed) return undefined
    }
    const frame = this.#take(this.#needed)
    const tagAt = frame.length - FRAME_TAG_LENGTH
    const payload = this.#aead.open(
      frameNonce(this.#counter),
      frame.subarray(0, FRAME_HEADER_LENGTH),
      frame.subarray(FRAME_HEADER_LENGTH, tagAt),
      frame.subarray(tagAt),
    )
    if (payload === undefined) throw new HdsError('HDS_AUTHENTICATION')
    this.#counter++
    this.#needed = FRAME_HEADER_LENGTH
    return payload
  }

  #peek(length: number): Uint8Array {
    const [first] = this.#chunks
    if (first !== undefined && first.length >= length) return first.subarray(0, length)
    const joined = new Uint8Array(length)
    let at = 0
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(0, length - at)
      joined.set(part, at)
      at += part.length
      if (at === length) break
    }
    return joined
  }

  #take(length: number): Uint8Array {
    const taken = this.#peek(length)
    let rest = length
    let whole = 0
    for (const chunk of this.#chunks) {
      if (chunk.length > rest) break
      rest -= chunk.length
      whole++
    }
    this.#chunks.splice(0, whole)
    const [first] = this.#chunks
    if (rest > 0 && first !== undefined) this.#chunks[0] = first.subarray(rest)
    this.#length -= length
    return taken
  }
}
