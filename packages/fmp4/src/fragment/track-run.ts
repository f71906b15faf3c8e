import type { MediaSample } from '../tracks.ts'
import { type PagePool, Pages } from './pages.ts'

/** The samples of one track in one fragment: tables by sample, and the payload in pages. */
export interface TrackRun {
  readonly trackId: number
  /** Units a second of all times here. */
  readonly timescale: number
  /** When the first sample is decoded, on the timeline of the source. */
  readonly decodeTime: number
  readonly sampleCount: number
  /** Duration of each sample, at least 1. */
  readonly durations: Uint32Array
  /** Bytes of each sample. */
  readonly sizes: Uint32Array
  /** Composition time offset of each sample; absent when all are 0. */
  readonly compositionOffsets?: Int32Array
  /** Indices of the key frames; the first is 0. All frames of audio are key frames, and none is listed. */
  readonly keyFrames: Uint32Array
  /** The samples one behind the other; every page but the last holds 64 KiB. Do not write to them. */
  readonly pages: readonly Uint8Array[]
  /** Bytes of all samples. */
  readonly byteLength: number
}

/** Collects the samples of a {@link TrackRun}. */
export class RunBuilder {
  /** Where the timeline of the track goes on: the first sample is moved there, to leave no gap. */
  startAt: number | undefined
  readonly #track: { readonly trackId: number; readonly timescale: number }
  readonly #pool: PagePool
  readonly #pages: Pages
  readonly #decodeTimes: number[] = []
  readonly #sizes: number[] = []
  readonly #compositionOffsets: number[] = []
  readonly #keyFrames: number[] = []
  #hasOffsets = false

  constructor(track: { trackId: number; timescale: number }, pool: PagePool) {
    this.#track = track
    this.#pool = pool
    this.#pages = new Pages(pool)
  }

  get sampleCount(): number {
    return this.#decodeTimes.length
  }

  get byteLength(): number {
    return this.#pages.byteLength
  }

  /** Decode time of the first sample. */
  get first(): number | undefined {
    return this.#decodeTimes[0]
  }

  /** Decode time of the last sample. */
  get last(): number | undefined {
    return this.#decodeTimes.at(-1)
  }

  /** Duration of the sample before the last one. */
  get lastDuration(): number | undefined {
    const [previous, last] = this.#decodeTimes.slice(-2)
    return previous === undefined || last === undefined ? undefined : last - previous
  }

  /**
   * Adds a sample and copies its data.
   * @returns Its decode time, which is `startAt` for the first sample if that is set.
   */
  push(decodeTime: number, sample: Omit<MediaSample, 'decodeTime'>): number {
    const time = this.#decodeTimes.length === 0 ? (this.startAt ?? decodeTime) : decodeTime
    const offset = sample.compositionTimeOffset ?? 0
    if (offset !== 0) this.#hasOffsets = true
    if (sample.track === 'video' && sample.isSync) this.#keyFrames.push(this.#decodeTimes.length)
    this.#decodeTimes.push(time)
    this.#sizes.push(sample.data.length)
    this.#compositionOffsets.push(offset)
    this.#pages.append(sample.data)
    return time
  }

  /**
   * Moves the samples that begin at `time` or later into a new builder. Only audio that came ahead of
   * its video is moved, so the second copy is a small one.
   */
  splitAt(time: number): RunBuilder {
    const rest = new RunBuilder(this.#track, this.#pool)
    const index = this.#decodeTimes.findIndex(decodeTime => decodeTime >= time)
    if (index < 0) return rest
    const offset = this.#sizes.slice(0, index).reduce((sum, size) => sum + size, 0)
    for (const bytes of this.#pages.takeFrom(offset)) rest.#pages.append(bytes)
    rest.#decodeTimes.push(...this.#decodeTimes.splice(index))
    rest.#sizes.push(...this.#sizes.splice(index))
    rest.#compositionOffsets.push(...this.#compositionOffsets.splice(index))
    return rest
  }

  /**
   * Ends the run; the last sample lasts until `endTime`.
   * @returns Nothing when there is no sample.
   */
  finish(endTime: number): TrackRun | undefined {
    const times = this.#decodeTimes
    const sampleCount = times.length
    const [decodeTime] = times
    const byteLength = this.#pages.byteLength
    const pages = this.#pages.finish()
    if (decodeTime === undefined) return undefined
    const durations = new Uint32Array(sampleCount)
    for (let i = 0; i < sampleCount; i++) durations[i] = (times[i + 1] ?? endTime) - (times[i] ?? 0)
    return {
      ...this.#track,
      ...{ decodeTime, sampleCount, durations, pages, byteLength },
      sizes: new Uint32Array(this.#sizes),
      ...(this.#hasOffsets && { compositionOffsets: new Int32Array(this.#compositionOffsets) }),
      keyFrames: new Uint32Array(this.#keyFrames),
    }
  }
}
