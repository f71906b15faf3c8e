import type { RtpPacket } from './packet.ts'

/** Takes the frames of an audio packet in order: `bytes` from `start` to `end`, valid for the call. */
export type FrameSink = (bytes: Uint8Array, start: number, end: number) => void

/** Finds the frames in the packets of a track. */
export interface FrameReader {
  /** Takes the next packet; after a gap nothing goes on. */
  receive(packet: RtpPacket, isAfterGap: boolean, sink: FrameSink): void
}

/** 6144 bits for each of eight channels, and some room. @see ISO/IEC 14496-3 §4.5.3.1 */
export const maxFrameBytes = 8192

const firstCapacity = 1024

/**
 * Collects a frame that comes in several packets. Its memory grows with what arrives. Each frame has its
 * own, as one call may deliver several.
 */
export class FrameCollector {
  #bytes = new Uint8Array()
  #length = 0
  #timestamp: number | undefined

  get byteLength(): number {
    return this.#length
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Whether a frame was begun to which a packet of this time belongs. */
  isOpenAt(timestamp: number): boolean {
    return this.#timestamp === timestamp
  }

  begin(timestamp: number): void {
    this.#timestamp = timestamp
    this.#bytes = new Uint8Array(firstCapacity)
    this.#length = 0
  }

  /** @returns False when the frame gets too long; then it is forgotten. */
  append(bytes: Uint8Array, start: number, end: number): boolean {
    const length = this.#length + end - start
    if (length > maxFrameBytes) {
      this.forget()
      return false
    }
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(bytes.subarray(start, end), this.#length)
    this.#length = length
    return true
  }

  forget(): void {
    this.#timestamp = undefined
    this.#length = 0
  }
}

const slabLength = 16 * 1024

/** Copies frames into memory that they share, so that it is not asked for each of them. */
export class FrameCopies {
  #slab = new Uint8Array()
  #used = 0

  /** @returns A copy of `bytes` from `start` to `end`, with up to 16 KiB of others around it. */
  copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start
    if (this.#used + length > this.#slab.length) {
      this.#slab = new Uint8Array(Math.max(slabLength, length))
      this.#used = 0
    }
    const copy = new Uint8Array(this.#slab.buffer, this.#used, length)
    copy.set(new Uint8Array(bytes.buffer, bytes.byteOffset + start, length))
    this.#used += length
    return copy
  }
}
