import type { MediaSample } from '@hksv/fmp4'

import type { SourceDescription } from '../source.ts'

/** What was seen of a source. Durations are milliseconds. */
export interface SourceReport {
  readonly description: SourceDescription
  /** For how long samples came, by the clock of whoever watched. */
  readonly watchedMs: number
  readonly pictures: number
  /** As they came, not as they are claimed. */
  readonly framesPerSecond: number
  /** Of the video alone. */
  readonly bitRateKbps: number
  readonly keyFrames: number
  /** Between key frames; absent when there were not two. */
  readonly keyFrameIntervalMs?: { readonly shortest: number; readonly longest: number }
  readonly hasBFrames: boolean
  readonly soundFrames: number
  /** The most that a picture was late or early against its time. */
  readonly jitterMs: number
  /** Longest time between the times of two pictures. */
  readonly longestGapMs: number
  /** How much faster, in parts of a million, the source's clock runs than ours; absent below 20 s. */
  readonly clockDriftPpm?: number
}

/** Watches what a source delivers. Owns no clock: `now` is in milliseconds that never go back. */
export class SourceExaminer {
  readonly #description: SourceDescription
  #beganAt: number | undefined
  #lastAt = 0
  #firstTime = 0
  #lastTime = 0
  #pictures = 0
  #bytes = 0
  #keyFrames = 0
  #lastKeyTime: number | undefined
  #shortest = Number.POSITIVE_INFINITY
  #longest = 0
  #hasBFrames = false
  #soundFrames = 0
  #longestGapMs = 0
  /** The least and the most that a picture came behind its time. */
  #earliest = Number.POSITIVE_INFINITY
  #latest = Number.NEGATIVE_INFINITY
  /** The least delay of each second. */
  readonly #delays: number[] = []

  constructor(description: SourceDescription) {
    this.#description = description
  }

  /** Takes a sample that came at `now`. */
  push(sample: MediaSample, now: number): void {
    if (sample.track === 'audio') {
      this.#soundFrames++
      return
    }
    const time = (sample.decodeTime / this.#description.video.timescale) * 1000
    if (this.#beganAt === undefined) {
      this.#beganAt = now
      this.#firstTime = time
      this.#lastTime = time
    }
    this.#lastAt = now
    this.#pictures++
    this.#bytes += sample.data.length
    this.#longestGapMs = Math.max(this.#longestGapMs, time - this.#lastTime)
    this.#lastTime = time
    this.#hasBFrames ||= (sample.compositionTimeOffset ?? 0) !== 0
    const delay = now - this.#beganAt - (time - this.#firstTime)
    this.#earliest = Math.min(this.#earliest, delay)
    this.#latest = Math.max(this.#latest, delay)
    const second = Math.floor((now - this.#beganAt) / 1000)
    this.#delays[second] = Math.min(this.#delays[second] ?? delay, delay)
    if (sample.isSync) this.#keyFrame(time)
  }

  /** @returns Nothing before the first picture. */
  report(): SourceReport | undefined {
    if (this.#beganAt === undefined) return undefined
    const watchedMs = this.#lastAt - this.#beganAt
    const mediaMs = Math.max(1, this.#lastTime - this.#firstTime)
    const drift = this.#drift(watchedMs)
    return {
      description: this.#description,
      watchedMs: tenth(watchedMs),
      pictures: this.#pictures,
      framesPerSecond: tenth(((this.#pictures - 1) / mediaMs) * 1000),
      bitRateKbps: tenth((this.#bytes * 8) / mediaMs),
      keyFrames: this.#keyFrames,
      ...(this.#keyFrames > 1 && {
        keyFrameIntervalMs: { shortest: tenth(this.#shortest), longest: tenth(this.#longest) },
      }),
      hasBFrames: this.#hasBFrames,
      soundFrames: this.#soundFrames,
      jitterMs: tenth(this.#latest - this.#earliest),
      longestGapMs: tenth(this.#longestGapMs),
      ...(drift === undefined ? {} : { clockDriftPpm: drift }),
    }
  }

  #keyFrame(time: number): void {
    this.#keyFrames++
    if (this.#lastKeyTime !== undefined) {
      this.#shortest = Math.min(this.#shortest, time - this.#lastKeyTime)
      this.#longest = Math.max(this.#longest, time - this.#lastKeyTime)
    }
    this.#lastKeyTime = time
  }

  /** The network only ever adds: the least delays tell the clocks. */
  #drift(watchedMs: number): number | undefined {
    if (watchedMs < 20_000) return undefined
    const least = (delays: readonly number[]) =>
      delays.reduce((min, delay) => Math.min(min, delay), Number.POSITIVE_INFINITY)
    const change = least(this.#delays.slice(-10)) - least(this.#delays.slice(0, 10))
    return (-change / (watchedMs - 10_000)) * 1e6
  }
}

/** Nobody measures finer, and floating point is not read gladly. */
function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
