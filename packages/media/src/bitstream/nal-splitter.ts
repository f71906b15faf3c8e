/** Takes a NAL unit: a view without its start code and without zeros behind it, valid for the call. */
export type NalHandler = (nal: Uint8Array) => void

const startCode = '\0\0\x01'
const firstCapacity = 0x1000

/**
 * Cuts a byte stream into NAL units. Units that lie within one piece are views of it; only what goes
 * on in the next piece is copied. What comes before the first start code is left out, and so is a unit
 * of more than `maxLength` bytes.
 * @see ITU-T H.264 annex B, ITU-T H.265 annex B
 */
export class NalSplitter {
  readonly #handle: NalHandler
  readonly #maxLength: number
  /** The beginning of a unit that has not ended. */
  #tail = Buffer.alloc(firstCapacity)
  #length = 0
  /** Whether a start code has come, and a unit is open behind it. */
  #isOpen = false
  #isTooLong = false

  /** @param handle - Called with each unit that has ended. */
  constructor(handle: NalHandler, maxLength: number) {
    this.#handle = handle
    this.#maxLength = maxLength
  }

  /** Takes the next piece of the stream. It may be used again afterwards. */
  push(piece: Uint8Array): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    let start = this.#endTail(bytes)
    if (start < 0) return
    for (;;) {
      const found = bytes.indexOf(startCode, start, 'latin1')
      if (found < 0) break
      if (this.#isOpen) this.#end(bytes, start, found)
      this.#isOpen = true
      start = found + startCode.length
    }
    this.#append(bytes, start)
  }

  /** The stream has ended, and its last unit with it. */
  flush(): void {
    const length = this.#length
    this.#length = 0
    if (this.#isOpen) this.#end(this.#tail, 0, length)
    this.#isOpen = false
  }

  /**
   * Ends what the pieces before have begun.
   * @returns Where the next unit begins; -1 when the piece has no start code and was kept.
   */
  #endTail(bytes: Buffer): number {
    if (this.#length === 0) return 0
    // Two bytes of a start code may have come, and another one may begin in this piece.
    const kept = Math.min(this.#length, 2)
    const seam = Buffer.concat([
      this.#tail.subarray(this.#length - kept, this.#length),
      bytes.subarray(0, 2),
    ])
    const straddling = seam.indexOf(startCode, 0, 'latin1')
    const found = straddling < 0 ? bytes.indexOf(startCode, 0, 'latin1') : straddling - kept
    if (found < 0 && straddling < 0) {
      this.#append(bytes, 0)
      return -1
    }
    if (found > 0) this.#append(bytes.subarray(0, found), 0)
    const end = found < 0 ? this.#length + found : this.#length
    this.#length = 0
    if (this.#isOpen) this.#end(this.#tail, 0, end)
    this.#isOpen = true
    return found + startCode.length
  }

  #end(bytes: Buffer, start: number, end: number): void {
    const isTooLong = this.#isTooLong || end - start > this.#maxLength
    this.#isTooLong = false
    let last = end
    while (last > start && bytes[last - 1] === 0) last--
    if (last > start && !isTooLong) {
      // A view that is no Buffer: whose `slice` would not copy.
      this.#handle(new Uint8Array(bytes.buffer, bytes.byteOffset + start, last - start))
    }
  }

  /** Keeps what has not ended; of what nobody wants, as much as a start code can begin with. */
  #append(bytes: Buffer, start: number): void {
    this.#isTooLong ||= this.#isOpen && this.#length + bytes.length - start > this.#maxLength
    if (this.#isOpen && !this.#isTooLong) {
      this.#copy(bytes.subarray(start))
      return
    }
    this.#copy(bytes.subarray(Math.max(start, bytes.length - 2)))
    const kept = Math.min(this.#length, 2)
    this.#tail.copyWithin(0, this.#length - kept, this.#length)
    this.#length = kept
  }

  #copy(bytes: Buffer): void {
    const needed = this.#length + bytes.length
    if (needed > this.#tail.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.#tail.length))
      this.#tail.copy(larger, 0, 0, this.#length)
      this.#tail = larger
    }
    bytes.copy(this.#tail, this.#length)
    this.#length = needed
  }
}
