import { rescale } from '../bytes.ts'
import { Fmp4Error } from '../errors.ts'
import type { MediaSample } from '../tracks.ts'
import { AudioSide } from './audio-side.ts'
import { CutRule } from './cut-rule.ts'
import { type Fragment, fragmentOf } from './fragment.ts'
import { type Allocate, PagePool } from './pages.ts'
import { RunBuilder } from './track-run.ts'

/** What a {@link Fragmenter} has to know. */
export interface FragmenterOptions {
  readonly video: {
    /** Units a second of the video's `decodeTime`. */
    readonly timescale: number
    /** 1 unless told. */
    readonly trackId?: number
  }
  /** Leave it out for video alone. */
  readonly audio?: {
    /** Samples a second; also the timescale. */
    readonly sampleRate: number
    /** Samples a frame: 1024 for AAC-LC. */
    readonly frameLength: number
    /** 2 unless told. */
    readonly trackId?: number
  }
  /** Wanted length of a fragment; 4000 unless told. */
  readonly fragmentDurationMs?: number
  /** Longest wait for a key frame; 30,000 unless told. */
  readonly maxFragmentDurationMs?: number
  /** Most bytes a fragment may hold; 64 MiB unless told. */
  readonly maxFragmentBytes?: number
  /** Where payload memory comes from; new zeroed arrays unless told. */
  readonly allocate?: Allocate
}

/** How long a fragment waits for its audio after its video is complete. */
const audioWaitMs = 1000
/** A longer gap ends the timeline instead of stretching a frame over it. */
const maxGapMs = 10_000
/** Lengths of 4.00 ± 0.05 s are what cameras were seen to send. */
const toleranceMs = 50

/**
 * Cuts samples into fragments that begin with a key frame.
 *
 * 1. `push` every sample, each track in decoding order, both tracks about as they happen. It returns
 *    a fragment when one is complete: the key frame behind it has come, and the audio of its time too
 *    (or has not for 1 s of video).
 * 2. `cut` asks for an end at the next key frame, however short the fragment; of the first one, when none is open.
 * 3. `flush` at the end of the stream, until it returns nothing.
 *
 * The data of each sample is copied once. What comes before the first key frame is left out. A gap in
 * the audio stretches the frame before it, so that decode times have no holes; a gap of more than 10 s
 * in either track ends the fragment and begins a new timeline.
 */
export class Fragmenter {
  readonly #video: { readonly trackId: number; readonly timescale: number }
  readonly #audio: AudioSide | undefined
  readonly #pool: PagePool
  readonly #rule: CutRule
  readonly #maxDuration: number
  readonly #maxBytes: number
  #open: RunBuilder | undefined
  /** A fragment whose video is complete, waiting for audio. */
  #closing: { readonly video: RunBuilder; readonly end: number } | undefined
  /** Complete fragments; more than one only at a gap. */
  readonly #ready: Fragment[] = []
  #isCutWanted = false

  constructor(options: FragmenterOptions) {
    const { timescale, trackId = 1 } = options.video
    const { fragmentDurationMs = 4000, maxFragmentDurationMs = 30_000 } = options
    if (!(timescale > 0 && fragmentDurationMs > 0)) throw new RangeError('nothing lasts 0')
    this.#video = { trackId, timescale }
    this.#pool = new PagePool(options.allocate ?? (length => new Uint8Array(length)))
    this.#rule = new CutRule(this.#ticks(fragmentDurationMs), this.#ticks(toleranceMs))
    this.#maxDuration = this.#ticks(maxFragmentDurationMs)
    this.#maxBytes = options.maxFragmentBytes ?? 64 * 2 ** 20
    if (options.audio !== undefined)
      this.#audio = new AudioSide(options.audio, this.#pool, { audioWaitMs, maxGapMs })
  }

  /** Audio frames left out because their fragment had closed without them. */
  get lateAudioFrames(): number {
    return this.#audio?.lateFrames ?? 0
  }

  /**
   * Takes the next sample of a track. A sample without data is ignored; a decode time that does not
   * grow is moved to one unit behind the sample before it.
   * @returns A fragment that this sample completes.
   * @throws Fmp4Error FMP4_NO_KEY_FRAME when the open fragment grows beyond its limits; it is dropped,
   * and the next key frame begins a new one.
   * @throws RangeError when the decode time is no integer, or goes back by more than a second.
   */
  push(sample: MediaSample): Fragment | undefined {
    if (sample.data.length === 0) return undefined
    if (!Number.isSafeInteger(sample.decodeTime)) throw new RangeError('decodeTime is no integer')
    if (sample.track === 'video') this.#pushVideo(sample)
    else this.#pushAudio(sample)
    return this.#ready.shift()
  }

  /** Asks for an end of the open fragment, or else of the next one, at the key frame behind it. */
  cut(): void {
    this.#isCutWanted = true
  }

  /**
   * Ends the stream: closes what is open, with the last frames lasting as long as the ones before.
   * @returns The next of the fragments that are left, oldest first; nothing when none is.
   */
  flush(): Fragment | undefined {
    this.#finish()
    this.#end()
    this.#audio?.reset()
    return this.#ready.shift()
  }

  #pushVideo(sample: MediaSample): void {
    const time = this.#nextVideoTime(sample.decodeTime)
    if (this.#isClosingDue(time)) this.#finish()
    const last = this.#open?.last
    if (last !== undefined && time - last > this.#ticks(maxGapMs)) this.#end()
    if (sample.isSync && this.#isCut(time)) this.#begin(time)
    const moved = time - sample.decodeTime
    const offset = sample.compositionTimeOffset ?? 0
    this.#open?.push(
      time,
      offset === 0 || moved === 0 ? sample : { ...sample, compositionTimeOffset: offset - moved },
    )
    this.#checkLimits(time)
  }

  #pushAudio(sample: MediaSample): void {
    if (this.#audio === undefined) throw new TypeError('this fragmenter was made without audio')
    if (this.#audio.push(sample)) this.#finish()
  }

  /** @returns The time of a picture, later than the one before it. */
  #nextVideoTime(decodeTime: number): number {
    const last = this.#open?.last
    if (last === undefined || decodeTime > last) return decodeTime
    if (last - decodeTime > this.#video.timescale)
      throw new RangeError('the decode time of the video goes back by more than a second')
    return last + 1
  }

  #isCut(time: number): boolean {
    if (this.#open === undefined) return true
    const isDue = this.#rule.isCut(time, time - (this.#open.last ?? time))
    return isDue || this.#isCutWanted
  }

  /** Begins a fragment at a key frame, and closes the one that ends there. */
  #begin(time: number): void {
    this.#finish()
    const ending = this.#open
    if (ending !== undefined) this.#closing = { video: ending, end: time }
    this.#open = new RunBuilder(this.#video, this.#pool)
    this.#rule.begin(time)
    // What is asked for before there is any holds for the first one.
    if (ending !== undefined) this.#isCutWanted = false
    this.#audio?.beginAt(this.#audioTime(time), ending !== undefined)
    if (this.#isClosingDue(time)) this.#finish()
  }

  /** Ends the timeline: closes the open fragment without waiting, and nothing goes on from it. */
  #end(): void {
    const video = this.#open
    if (video?.last === undefined) return
    this.#finish()
    const end = video.last + (video.lastDuration ?? Math.round(this.#video.timescale / 30))
    this.#closing = { video, end }
    this.#open = undefined
    this.#audio?.endAt(this.#audioTime(end))
    this.#finish()
    this.#audio?.breakTimeline()
  }

  #isClosingDue(now: number): boolean {
    if (this.#closing === undefined) return false
    return now >= this.#closing.end + this.#ticks(audioWaitMs) || this.#audio?.isAwaited !== true
  }

  /** Completes the closing fragment, if there is one, with the audio it has. */
  #finish(): void {
    const video = this.#closing?.video.finish(this.#closing.end)
    this.#closing = undefined
    if (video !== undefined) this.#ready.push(fragmentOf(video, this.#audio?.finish()))
  }

  #checkLimits(now: number): void {
    const open = this.#open
    if (open?.first === undefined) return
    const bytes = open.byteLength + (this.#audio?.openBytes ?? 0)
    if (bytes <= this.#maxBytes && now - open.first <= this.#maxDuration) return
    this.#finish()
    this.#open = undefined
    this.#audio?.reset()
    throw new Fmp4Error('FMP4_NO_KEY_FRAME', {
      detail: `${Math.round((now - open.first) / this.#video.timescale)} s, ${bytes} bytes`,
    })
  }

  #audioTime(videoTime: number): number {
    const rate = this.#audio?.sampleRate ?? 1
    return rescale(videoTime, this.#video.timescale, rate, Math.ceil)
  }

  #ticks(ms: number): number {
    return (ms * this.#video.timescale) / 1000
  }
}
