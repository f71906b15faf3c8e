/** Bytes that come in pieces, kept in one buffer that doubles: tiny pieces cost as little as large. */
export class ByteGatherer {
  #buffer: Uint8Array = new Uint8Array(0)
  #length = 0

  /** Bytes gathered so far. */
  get length(): number {
    return this.#length
  }

  /** Copies `bytes` to the end. */
  push(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length))
      larger.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = larger
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = length
  }

  /** @returns What was gathered, in memory of its own; the gatherer is empty again. */
  take(): Uint8Array {
    const taken = this.#buffer.slice(0, this.#length)
    this.#buffer = new Uint8Array(0)
    this.#length = 0
    return taken
  }
}
