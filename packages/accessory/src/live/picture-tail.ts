import type { MediaSample } from '@hksv/media'

/** More is not kept: whoever comes then waits for the next key frame. */
const MAX_BYTES = 8 * 1024 * 1024

/** The pictures of a source since its newest key frame, for whoever begins to look. */
export class PictureTail {
  #pictures: MediaSample[] = []
  #byteLength = 0
  #isBroken = true

  get pictures(): readonly MediaSample[] {
    return this.#pictures
  }

  /** Copies a picture. Other samples are not kept. */
  push(sample: MediaSample): void {
    if (sample.track !== 'video') return
    if (sample.isSync) this.#begin()
    if (this.#isBroken) return
    this.#byteLength += sample.data.length
    if (this.#byteLength > MAX_BYTES) this.clear()
    else this.#pictures.push({ ...sample, data: Uint8Array.from(sample.data) })
  }

  /** What comes next continues nothing. */
  clear(): void {
    this.#begin()
    this.#isBroken = true
  }

  #begin(): void {
    // Whoever was given the last ones may still send them.
    this.#pictures = []
    this.#byteLength = 0
    this.#isBroken = false
  }
}
