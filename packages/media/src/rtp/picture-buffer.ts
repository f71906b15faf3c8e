/** Pictures share memory of this size, so that it is not asked for each of them. */
const slabLength = 256 * 1024
const startCode = Uint8Array.of(0, 0, 1)

/**
 * Where the NAL units of a picture are put together, each behind its length in 4 bytes. What was taken
 * stays as it is: the next picture is put together behind it. Memory grows with what is written, never
 * with what is announced.
 */
export class PictureBuffer {
  #bytes = new Uint8Array()
  /** The same memory, for its fast search. */
  #search = Buffer.alloc(0)
  /** Where the picture begins, and where it ends so far. */
  #start = 0
  #end = 0
  /** Where the length of the open unit stands; -1 when none is open. */
  #unitStart = -1

  get byteLength(): number {
    return this.#end - this.#start
  }

  get isUnitOpen(): boolean {
    return this.#unitStart >= 0
  }

  /** All finished units. A view: valid until something is written after `clear`. */
  get data(): Uint8Array {
    return new Uint8Array(this.#bytes.buffer, this.#start, this.#end - this.#start)
  }

  /**
   * Ends the picture; another one begins.
   * @returns All finished units: a view that stays as it is, with up to 256 KiB of others around it.
   */
  take(): Uint8Array {
    const data = this.data
    this.#start = this.#end
    this.#unitStart = -1
    return data
  }

  /** Makes the buffer empty: what was not taken is lost. */
  clear(): void {
    this.#end = this.#start
    this.#unitStart = -1
  }

  /** Begins a unit: what is appended belongs to it. */
  beginUnit(): void {
    this.#reserve(4)
    this.#unitStart = this.#end
    this.#end += 4
  }

  appendByte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#end++] = byte
  }

  /** Copies `bytes` from `start` to `end`. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.#reserve(length)
    // Not `subarray`, which is slower, above all for a Buffer; this happens for each packet.
    this.#bytes.set(new Uint8Array(bytes.buffer, bytes.byteOffset + start, length), this.#end)
    this.#end += length
  }

  /**
   * The open unit without the zeros behind its end, which a NAL unit cannot have.
   * @returns A view, valid until something is written.
   */
  trimUnit(): Uint8Array {
    const start = this.#unitStart + 4
    while (this.#end > start && this.#bytes[this.#end - 1] === 0) this.#end--
    return this.#bytes.subarray(start, this.#end)
  }

  /** @returns Where 00 00 01, which no NAL unit holds, stands in the open unit; -1 when nowhere. */
  startCodeInUnit(): number {
    // One behind the end, so that the search stops there; a view for it would cost more than the search.
    this.#reserve(startCode.length)
    this.#bytes.set(startCode, this.#end)
    const found = this.#search.indexOf(startCode, this.#unitStart + 4)
    return found < this.#end ? found - this.#unitStart - 4 : -1
  }

  /** Keeps the open unit. */
  endUnit(): void {
    const [at, bytes] = [this.#unitStart, this.#bytes]
    const length = this.#end - at - 4
    bytes[at] = length >>> 24
    bytes[at + 1] = length >>> 16
    bytes[at + 2] = length >>> 8
    bytes[at + 3] = length
    this.#unitStart = -1
  }

  /** Removes the open unit. */
  dropUnit(): void {
    this.#end = this.#unitStart
    this.#unitStart = -1
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return
    const { byteLength } = this
    // Twice, so that a picture is not copied for each packet of it.
    const bytes = Buffer.allocUnsafeSlow(Math.max(slabLength, 2 * (byteLength + count)))
    bytes.set(this.#bytes.subarray(this.#start, this.#end))
    if (this.#unitStart >= 0) this.#unitStart -= this.#start
    this.#start = 0
    this.#end = byteLength
    this.#bytes = new Uint8Array(bytes.buffer)
    this.#search = bytes
  }
}
