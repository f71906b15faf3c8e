import type { MediaSample } from '../tracks.ts'
import type { PagePool } from './pages.ts'
import { RunBuilder, type TrackRun } from './track-run.ts'

/**
 * The audio of the fragments: a frame goes into the fragment in whose time it begins. It follows the
 * cuts of the video, which come later or earlier than the audio of the same time.
 */
export class AudioSide {
  readonly sampleRate: number
  readonly #track: { readonly trackId: number; readonly timescale: number }
  readonly #frameLength: number
  readonly #pool: PagePool
  readonly #wait: number
  readonly #maxGap: number
  /** Frames of the open fragment, or, before the first key frame, those that may belong to it. */
  #open: RunBuilder
  /** When the open fragment begins; undefined before the first key frame. */
  #start: number | undefined
  #closing: RunBuilder | undefined
  #last: number | undefined
  #lateFrames = 0

  constructor(
    audio: { sampleRate: number; frameLength: number; trackId?: number },
    pool: PagePool,
    limits: { audioWaitMs: number; maxGapMs: number },
  ) {
    this.sampleRate = audio.sampleRate
    this.#track = { trackId: audio.trackId ?? 2, timescale: audio.sampleRate }
    this.#frameLength = audio.frameLength
    this.#pool = pool
    this.#wait = (limits.audioWaitMs * audio.sampleRate) / 1000
    this.#maxGap = (limits.maxGapMs * audio.sampleRate) / 1000
    this.#open = this.#builder()
  }

  get lateFrames(): number {
    return this.#lateFrames
  }

  get openBytes(): number {
    return this.#open.byteLength
  }

  /** Whether the closing fragment still lacks audio that is likely to come. */
  get isAwaited(): boolean {
    if (this.#closing === undefined || this.#open.first !== undefined) return false
    return this.#last !== undefined && this.#last >= (this.#start ?? 0) - 2 * this.#wait
  }

  /** @returns Whether the frame shows that the closing fragment has all of its audio. */
  push(sample: MediaSample): boolean {
    const time = this.#nextTime(sample.decodeTime)
    if (this.#start === undefined) {
      // Audio alone is kept for a moment only: it may be ahead of the first key frame.
      if (time - (this.#open.first ?? time) > 2 * this.#wait) this.#open = this.#builder()
    } else if (time < this.#start) {
      if (this.#closing === undefined) this.#lateFrames++
      this.#last = this.#closing?.push(time, sample) ?? time
      return false
    }
    if (time - (this.#open.startAt ?? time) > this.#maxGap) this.#open.startAt = undefined
    this.#last = this.#open.push(time, sample)
    return true
  }

  /** A fragment begins at `time`; `isCut` tells that another one ends there. */
  beginAt(time: number, isCut: boolean): void {
    const ending = this.#open
    this.#open = ending.splitAt(time)
    if (isCut) this.#closing = ending
    this.#start = time
  }

  /** The last fragment ends at `time`, and no other begins. */
  endAt(time: number): void {
    this.beginAt(time, true)
    this.#start = undefined
  }

  /** @returns The audio of the closing fragment. */
  finish(): TrackRun | undefined {
    const closing = this.#closing
    if (closing === undefined) return undefined
    this.#closing = undefined
    // A run without frames hands on where the timeline stands; it can stretch nothing.
    const end = closing.last === undefined ? closing.startAt : this.#endOf(closing.last)
    this.#open.startAt = end
    return closing.finish(end ?? 0)
  }

  /** The next fragment begins a new timeline. */
  breakTimeline(): void {
    this.#open.startAt = undefined
  }

  /** Forgets all frames of the open fragment, and the timeline. */
  reset(): void {
    this.#open = this.#builder()
    this.#start = undefined
    this.#last = undefined
  }

  /** The last frame lasts until the next one, or, when none came, until the next fragment. */
  #endOf(last: number): number {
    return this.#open.first ?? Math.max(this.#start ?? -Infinity, last + this.#frameLength)
  }

  #nextTime(decodeTime: number): number {
    const last = this.#last
    if (last === undefined || decodeTime > last) return decodeTime
    if (last - decodeTime > this.sampleRate)
      throw new RangeError('the decode time of the audio goes back by more than a second')
    return last + 1
  }

  #builder(): RunBuilder {
    return new RunBuilder(this.#track, this.#pool)
  }
}
