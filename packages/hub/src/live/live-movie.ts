import {
  type AudioTrack,
  type Fragment,
  Fragmenter,
  initSegment,
  type OpusTrack,
  parseSps,
  renderFragment,
  type VideoTrack,
} from '@hksv/fmp4'
import type { AudioParameters, VideoParameters } from '@hksv/media/rtp'

import { ClipWriter } from '../clip-writer.ts'
import type { LiveChoice } from './choose-stream.ts'
import type { LivePicture, LiveSample, LiveSound } from './live-sample.ts'

const VIDEO = { trackId: 1, timescale: 90_000 } as const
const AUDIO_TRACK_ID = 2
/** Opus in MP4 is timed with it, whatever was negotiated. */
const OPUS = { sampleRate: 48_000, frameLength: 960 } as const
const AAC_ELD_FRAME_LENGTH = 480
/** What kill -9 costs at most, when key frames come as often. */
const FRAGMENT_MS = 2000
/** A live view has no key frames but at its beginning, when nothing is lost and nobody asks for one. */
const MAX_FRAGMENT_MS = 600_000
/** So long sound may take to begin: encoders have to start. */
const MAX_HELD = 2

/**
 * Writes a live view to an MP4 as it comes, in whole fragments: what is on the disk always plays, after
 * kill -9 too. The file has its name from the beginning. Sound that is negotiated and does not come within
 * the first two fragments is left out.
 *
 * @example
 * const movie = await LiveMovie.create('porch.mp4', view.choice)
 * try {
 *   for await (const sample of view) await movie.write(sample)
 * } finally {
 *   await movie.finish()
 * }
 */
export class LiveMovie {
  readonly #clip: ClipWriter
  readonly #fragmenter: Fragmenter
  /** Units a second of the sound in the file. */
  readonly #sampleRate: number
  #sound: AudioParameters | undefined
  /** What the init segment says; other parameters go into the samples. */
  #parameters: VideoParameters | undefined
  #origin: { readonly videoTime: number } | undefined
  /** Whether sound may come that did not yet. */
  readonly #awaitsSound: boolean
  /** Fragments that wait until it is known whether there is sound. */
  readonly #held: Fragment[] = []
  #hasSound = false
  #sequence = 1

  private constructor(clip: ClipWriter, sound: LiveChoice['audio']) {
    this.#clip = clip
    this.#awaitsSound = sound !== undefined
    const eld = { sampleRate: sound?.sampleRate ?? 0, frameLength: AAC_ELD_FRAME_LENGTH }
    const audio = sound?.codec === 'aac-eld' ? eld : OPUS
    this.#sampleRate = audio.sampleRate
    this.#fragmenter = new Fragmenter({
      video: VIDEO,
      audio: { trackId: AUDIO_TRACK_ID, ...audio },
      fragmentDurationMs: FRAGMENT_MS,
      maxFragmentDurationMs: MAX_FRAGMENT_MS,
    })
  }

  /**
   * Begins a file, in place of one that is there.
   *
   * @param choice Of the live view; without its audio for pictures alone.
   * @throws HubError `HUB_CLIP_UNWRITABLE`
   */
  static async create(path: string, choice: Pick<LiveChoice, 'audio'>): Promise<LiveMovie> {
    return new LiveMovie(await ClipWriter.create(path, { partPath: path }), choice.audio)
  }

  get path(): string {
    return this.#clip.path
  }

  /** Of the file so far. */
  get bytes(): number {
    return this.#clip.bytes
  }

  /** Of the pictures that are in the file. */
  get durationMs(): number {
    return this.#clip.durationMs
  }

  /** Whether the file has sound; known with its first fragment. */
  get hasSound(): boolean {
    return this.#hasSound
  }

  /**
   * Takes what a live view delivers, in its order. Sound that comes before the first picture is left out.
   *
   * @throws HubError `HUB_CLIP_UNWRITABLE`; Fmp4Error `FMP4_NO_KEY_FRAME` after ten minutes without one
   */
  async write(sample: LiveSample): Promise<void> {
    const fragment = sample.track === 'video' ? this.#pushPicture(sample) : this.#pushSound(sample)
    if (fragment !== undefined) await this.#append(fragment)
  }

  /**
   * Writes what is left, and takes an empty file away.
   *
   * @returns Whether there is a file.
   * @throws HubError `HUB_CLIP_UNWRITABLE`
   */
  async finish(): Promise<boolean> {
    try {
      for (let last = this.#fragmenter.flush(); last; last = this.#fragmenter.flush())
        await this.#append(last)
      if (this.#origin === undefined) await this.#begin()
    } finally {
      await this.#clip.finish()
    }
    return this.#clip.fragments.length > 0
  }

  #pushPicture({ decodeTime, isSync, data, parameters }: LivePicture): Fragment | undefined {
    this.#parameters ??= parameters
    const isForeign = isSync && parameters !== this.#parameters
    const whole = isForeign ? withParameters(data, parameters) : data
    return this.#fragmenter.push({ track: 'video', decodeTime, isSync, data: whole })
  }

  #pushSound({ decodeTime: time, data, parameters }: LiveSound): Fragment | undefined {
    this.#sound ??= parameters
    const decodeTime = Math.round((time * this.#sampleRate) / parameters.sampleRate)
    return this.#fragmenter.push({ track: 'audio', decodeTime, isSync: true, data })
  }

  async #append(fragment: Fragment): Promise<void> {
    if (this.#origin !== undefined) {
      await this.#render(fragment, this.#origin)
      return
    }
    this.#held.push(fragment)
    const isKnown = this.#sound !== undefined || !this.#awaitsSound
    if (isKnown || this.#held.length === MAX_HELD) await this.#begin()
  }

  /** The init segment, and what waited for it. */
  async #begin(): Promise<void> {
    const held = this.#held.splice(0)
    const [first] = held
    if (first === undefined) return
    const origin = { videoTime: first.video.decodeTime }
    this.#origin = origin
    this.#hasSound = this.#sound !== undefined
    await this.#put('mediaInitialization', this.#init())
    for (const fragment of held) await this.#render(fragment, origin)
  }

  async #render(fragment: Fragment, origin: { readonly videoTime: number }): Promise<void> {
    const parts = renderFragment(fragment, {
      sequenceNumber: this.#sequence - 1,
      origin,
      withAudio: this.#hasSound && (fragment.audio?.sampleCount ?? 0) > 0,
    })
    await this.#put('mediaFragment', Buffer.concat(parts))
  }

  #init(): Uint8Array {
    const { sps = [], pps = [] } = this.#parameters ?? {}
    const [first = new Uint8Array(0)] = sps
    const { width, height } = parseSps(first)
    const video: VideoTrack = { codec: 'avc1', ...VIDEO, width, height, sps, pps }
    const audio = this.#hasSound ? soundTrack(this.#sound) : undefined
    return initSegment({ video, ...(audio && { audio }) })
  }

  async #put(dataType: 'mediaInitialization' | 'mediaFragment', data: Uint8Array): Promise<void> {
    const sequence = this.#sequence++
    const rest = { streamId: 0, chunks: 1, isEndOfStream: false }
    await this.#clip.write({ type: 'fragment', dataType, sequence, data, ...rest })
  }
}

function soundTrack(sound: AudioParameters | undefined): AudioTrack | OpusTrack | undefined {
  if (sound === undefined) return undefined
  const { channels, sampleRate } = sound
  return sound.codec === 'aac'
    ? {
        ...{ codec: 'mp4a', trackId: AUDIO_TRACK_ID, sampleRate, channels },
        audioSpecificConfig: sound.audioSpecificConfig,
      }
    : { codec: 'opus', trackId: AUDIO_TRACK_ID, channels, inputSampleRate: sampleRate }
}

/** A picture behind its parameter sets, as decoders take them where the size changes. */
function withParameters(data: Uint8Array, { sps, pps }: VideoParameters): Uint8Array {
  const parts = [...sps, ...pps].flatMap(unit => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(unit.length)
    return [length, unit]
  })
  return Buffer.concat([...parts, data])
}
