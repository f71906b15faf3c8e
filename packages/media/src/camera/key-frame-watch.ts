import type { MediaSample } from '@hksv/fmp4'

/** Fragments of four seconds can hardly be made of more. */
const LONG_MS = 5000
/** One long interval may be a hiccup. */
const ENOUGH = 2

/** Measures the time between key frames as they come. */
export class KeyFrameWatch {
  readonly #timescale: number
  #last: number | undefined
  #longMs: number[] = []

  /** @param timescale - Of the video. */
  constructor(timescale: number) {
    this.#timescale = timescale
  }

  /** Something is missing: the next interval says nothing. */
  interrupt(): void {
    this.#last = undefined
  }

  /** @returns The shorter of two long intervals, in milliseconds, when the second one is over. */
  push({ track, isSync, decodeTime }: MediaSample): number | undefined {
    if (track !== 'video' || !isSync) return undefined
    const ms = ((decodeTime - (this.#last ?? decodeTime)) * 1000) / this.#timescale
    this.#last = decodeTime
    if (ms <= LONG_MS) return undefined
    this.#longMs.push(ms)
    if (this.#longMs.length < ENOUGH) return undefined
    const shorter = Math.min(...this.#longMs)
    this.#longMs = []
    return shorter
  }
}
