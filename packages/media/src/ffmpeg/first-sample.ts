import type { MovieStreamEvent } from '@hksv/fmp4'

/** A sample of a track of fragmented MP4. */
export type StreamedSample = Extract<MovieStreamEvent, { type: 'sample' }>

/**
 * Puts the first sample of a track where it belongs. ffmpeg writes it at 0 whenever it happened, and
 * stretches it up to the second one. Seen with ffmpeg 5.1, `empty_moov`.
 */
export class FirstSample {
  readonly #duration: number
  #held: StreamedSample | undefined
  #isPlaced = false

  /** @param duration - Of a sample, about, in units of the track. */
  constructor(duration: number) {
    this.#duration = duration
  }

  /** @returns What can be placed: the first sample comes with the second one. */
  receive(sample: StreamedSample): readonly StreamedSample[] {
    if (this.#isPlaced) return [sample]
    if (this.#held === undefined) {
      this.#held = { ...sample, data: sample.data.slice() }
      return []
    }
    this.#isPlaced = true
    const decodeTime = Math.max(0, Math.round(sample.decodeTime - this.#duration))
    const first = { ...this.#held, decodeTime }
    this.#held = undefined
    return [first, sample]
  }
}
