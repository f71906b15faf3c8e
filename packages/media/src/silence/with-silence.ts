import { audioObjectTypes, type MediaSample, writeAudioSpecificConfig } from '@hksv/fmp4'

import type {
  AudioDescription,
  MediaSource,
  PictureSize,
  SourceDescription,
  SourceHealth,
  SourceSample,
  WantedStream,
} from '../source.ts'
import { silentAacFrame } from './silent-aac-frame.ts'

const SAMPLE_RATE = 32_000
const FRAME_LENGTH = 1024
/** Beyond this the video has jumped, and the silence with it. */
const MAX_GAP_S = 5
const SILENT_FRAME = silentAacFrame(1) ?? new Uint8Array()

const SILENCE: AudioDescription = {
  codec: 'aac-lc',
  sampleRate: SAMPLE_RATE,
  channels: 1,
  frameLength: FRAME_LENGTH,
  isSilence: true,
  audioSpecificConfig: writeAudioSpecificConfig({
    objectType: audioObjectTypes.aacLc,
    sampleRate: SAMPLE_RATE,
    channels: 1,
    frameLength: FRAME_LENGTH,
  }),
}

/**
 * Gives a source that has no sound a silent track: hubs that were promised sound discard recordings
 * without it.
 *
 * @returns `source` itself when it has sound in all it delivers. Closing what is returned closes `source`.
 */
export function withSilence(source: MediaSource): MediaSource {
  const isAlwaysHeard =
    source.description.audio !== undefined && source.descriptionFor === undefined
  return isAlwaysHeard ? source : new SilentSource(source)
}

class SilentSource implements MediaSource {
  readonly #source: MediaSource
  readonly #described = new WeakMap<SourceDescription, SourceDescription>()

  constructor(source: MediaSource) {
    this.#source = source
  }

  /** Another object when the source's is. */
  get description(): SourceDescription {
    return this.#describe(this.#source.description)
  }

  get warnings(): readonly string[] {
    return this.#source.warnings
  }

  get unusedSound(): string | undefined {
    return this.#source.unusedSound
  }

  prefer(wanted: WantedStream): void {
    this.#source.prefer?.(wanted)
  }

  forgetPictures(): void {
    this.#source.forgetPictures?.()
  }

  encodingFor(wanted: WantedStream | undefined): string {
    return this.#source.encodingFor?.(wanted) ?? ''
  }

  descriptionFor(wanted: WantedStream | undefined): SourceDescription {
    const of = this.#source.descriptionFor?.(wanted) ?? this.#source.description
    return this.#describe(of)
  }

  get health(): SourceHealth | undefined {
    return this.#source.health
  }

  samples(
    signal: AbortSignal,
    wanted?: WantedStream,
  ): AsyncGenerator<MediaSample, void, undefined> {
    return this.#withSilence(this.#source.samples(signal, wanted), wanted)
  }

  /** Sound that cannot be recorded is heard live all the same. */
  allSamples(
    signal: AbortSignal,
    wanted?: WantedStream,
  ): AsyncGenerator<SourceSample, void, undefined> {
    const samples =
      this.#source.allSamples?.(signal, wanted) ?? this.#source.samples(signal, wanted)
    return this.#withSilence<SourceSample>(samples, wanted)
  }

  async *#withSilence<Sample extends SourceSample>(
    samples: AsyncIterable<Sample>,
    wanted: WantedStream | undefined,
  ): AsyncGenerator<Sample | MediaSample, void, undefined> {
    const { audio, video } = this.#source.descriptionFor?.(wanted) ?? this.#source.description
    /** Number of the next silent frame. */
    let next: number | undefined
    for await (const sample of samples) {
      // A source that has found its voice needs no silence.
      if (audio === undefined && sample.track === 'video') {
        const seconds = sample.decodeTime / video.timescale
        const due = Math.max(0, Math.floor((seconds * SAMPLE_RATE) / FRAME_LENGTH))
        if (next === undefined || due - next > (MAX_GAP_S * SAMPLE_RATE) / FRAME_LENGTH) next = due
        for (; next <= due; next++) yield silenceAt(next)
      }
      yield sample
    }
  }

  snapshot(size: PictureSize, signal: AbortSignal): Promise<Uint8Array> {
    return this.#source.snapshot(size, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]()
  }

  /** @returns The same object for the same. */
  #describe(from: SourceDescription): SourceDescription {
    const as = this.#described.get(from) ?? { audio: SILENCE, ...from }
    this.#described.set(from, as)
    return as
  }
}

function silenceAt(frame: number): MediaSample {
  return { track: 'audio', decodeTime: frame * FRAME_LENGTH, isSync: true, data: SILENT_FRAME }
}
