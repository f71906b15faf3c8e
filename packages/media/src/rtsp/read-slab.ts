const slabLength = 256 * 1024
/** Less room than this is not worth a read. */
const minRoom = 16 * 1024

/**
 * Memory for the reads of a socket, one behind the other in slabs. Node's own reads take 64 KiB each,
 * of which a camera fills some hundred bytes; that much garbage is a third of what receiving costs.
 * What was read stays as it is: its memory is not used again.
 */
export class ReadSlab {
  #slab = Buffer.allocUnsafeSlow(slabLength)
  #used = 0

  /** Where the next read goes. */
  next(): Buffer {
    if (this.#slab.length - this.#used < minRoom) {
      this.#slab = Buffer.allocUnsafeSlow(slabLength)
      this.#used = 0
    }
    return this.#slab.subarray(this.#used)
  }

  /** So many bytes were read there. @returns A view of them. */
  take(length: number): Uint8Array {
    const { buffer, byteOffset } = this.#slab
    const bytes = new Uint8Array(buffer, byteOffset + this.#used, length)
    this.#used += length
    return bytes
  }
}
