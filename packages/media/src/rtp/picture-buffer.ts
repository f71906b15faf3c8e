const firstCapacity = 0x10000
const startCode = '\0\0\x01'

/**
 * Where the NAL units of a picture are put together, each behind its length in 4 bytes. The buffer
 * grows with what is written, never with what is announced, and is used again for later pictures.
 */
export class PictureBuffer {
  #bytes = new Uint8Array(firstCapacity)
  /** The same memory, for its fast search. */
  #search = Buffer.from(this.#bytes.buffer)
  #length = 0
  /** Where the length of the open unit stands; -1 when none is open. */
  #unitStart = -1

  get byteLength(): number {
    return this.#length
  }

  get isUnitOpen(): boolean {
    return this.#unitStart >= 0
  }

  /** All finished units. A view: valid until the buffer is used again. */
  get data(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Makes the buffer empty. */
  clear(): void {
    this.#length = 0
    this.#unitStart = -1
  }

  /** Begins a unit: what is appended belongs to it. */
  beginUnit(): void {
    this.#reserve(4)
    this.#unitStart = this.#length
    this.#length += 4
  }

  appendByte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  /** Copies `bytes` from `start` to `end`. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.#reserve(length)
    // Not `subarray`, which is slower, above all for a Buffer; this happens for each packet.
    this.#bytes.set(new Uint8Array(bytes.buffer, bytes.byteOffset + start, length), this.#length)
    this.#length += length
  }

  /**
   * The open unit without the zeros behind its end, which a NAL unit cannot have.
   * @returns A view, valid until something is written.
   */
  trimUnit(): Uint8Array {
    const start = this.#unitStart + 4
    while (this.#length > start && this.#bytes[this.#length - 1] === 0) this.#length--
    return this.#bytes.subarray(start, this.#length)
  }

  /** @returns Where 00 00 01, which no NAL unit holds, stands in the open unit; -1 when nowhere. */
  startCodeInUnit(): number {
    return this.#search.subarray(this.#unitStart + 4, this.#length).indexOf(startCode, 0, 'latin1')
  }

  /** Keeps the open unit. */
  endUnit(): void {
    const [at, bytes] = [this.#unitStart, this.#bytes]
    const length = this.#length - at - 4
    bytes[at] = length >>> 24
    bytes[at + 1] = length >>> 16
    bytes[at + 2] = length >>> 8
    bytes[at + 3] = length
    this.#unitStart = -1
  }

  /** Removes the open unit. */
  dropUnit(): void {
    this.#length = this.#unitStart
    this.#unitStart = -1
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = bytes
    this.#search = Buffer.from(bytes.buffer)
  }
}
