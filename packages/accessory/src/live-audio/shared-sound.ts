import {
  type Clock,
  isMediaError,
  LiveAudio,
  type LiveAudioFormat,
  type LiveAudioFrame,
  type LiveAudioSample,
  type MediaSample,
  type SourceDescription,
} from '@hksv/media'

import type { SampleListener } from '../camera/source-reader.ts'
import type { Log } from '../log.ts'

/** What a {@link SharedSound} works with. */
export interface SharedSoundOptions {
  readonly ffmpeg: string
  readonly clock: Clock
  readonly log: Log
}

/** The sound of a source in one format, for all who hear it. */
export class SharedSound implements SampleListener {
  readonly #format: LiveAudioFormat
  readonly #options: SharedSoundOptions
  readonly #heard = new Set<(frame: LiveAudioFrame) => void>()
  /** What was said already. */
  readonly #told = new Set<string>()
  /** Ends of what was before. */
  readonly #closing = new Set<Promise<void>>()
  #sound: LiveAudio | undefined
  #track: 'audio' | 'live-audio' | undefined
  #stop: () => void = () => undefined

  constructor(format: LiveAudioFormat, options: SharedSoundOptions) {
    this.#format = format
    this.#options = options
  }

  get isHeard(): boolean {
    return this.#heard.size > 0
  }

  /** Begins to listen to the source, once. */
  start(listen: (listener: SampleListener) => () => void): void {
    this.#stop = listen(this)
  }

  /** @returns To be called when no more frames are to be heard. */
  add(hear: (frame: LiveAudioFrame) => void): () => void {
    // The same function may be given twice.
    const one = (frame: LiveAudioFrame) => hear(frame)
    this.#heard.add(one)
    return () => void this.#heard.delete(one)
  }

  began({ audio, liveAudio }: SourceDescription): void {
    this.ended()
    const from = liveAudio ?? (audio?.isSilence === true ? undefined : audio)
    if (from === undefined) {
      this.#say('The camera has no sound that a live view could have.')
      return
    }
    this.#track = liveAudio === undefined ? 'audio' : 'live-audio'
    const { ffmpeg, clock } = this.#options
    try {
      this.#sound = new LiveAudio({
        from,
        to: this.#format,
        ffmpeg,
        clock,
        onFrame: frame => {
          for (const hear of this.#heard) hear(frame)
        },
        onFailure: error => this.#say(error.message),
      })
    } catch (error) {
      if (!isMediaError(error)) throw error
      this.#say(error.message)
    }
  }

  sample({ track, decodeTime, data }: MediaSample): void {
    if (track === this.#track) this.#sound?.push(decodeTime, data)
  }

  liveAudio({ track, decodeTime, data }: LiveAudioSample): void {
    if (track === this.#track) this.#sound?.push(decodeTime, data)
  }

  ended(): void {
    const sound = this.#sound
    this.#sound = undefined
    this.#track = undefined
    if (sound === undefined) return
    const closing = sound[Symbol.asyncDispose]().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  /** Resolves when no child is left. */
  async close(): Promise<void> {
    this.#heard.clear()
    this.#stop()
    this.ended()
    await Promise.all(this.#closing)
  }

  #say(sentence: string): void {
    if (this.#told.has(sentence)) return
    this.#told.add(sentence)
    this.#options.log.warn(sentence)
  }
}
