import type { MediaSample } from '@hksv/fmp4'

import type {
  MediaSource,
  PictureSize,
  SourceDescription,
  SourceHealth,
  SourceSample,
  WantedStream,
} from '../source.ts'

/** How an {@link AdaptiveSource} adapts. */
export interface AdaptiveOptions {
  /** The longest time between key frames that is put up with. */
  readonly maxKeyFrameMs: number
  /** Opens what takes the place of the source, whose video has this fault. */
  readonly replace: (fault: string) => Promise<MediaSource>
  /** Told what is done, in one sentence. */
  readonly note: (sentence: string) => void
}

/**
 * A live source as it is, until its key frames prove too far apart: then another one takes its place,
 * for good. That cannot be known before, and changes when somebody changes the camera's settings.
 */
export class AdaptiveSource implements MediaSource {
  readonly #options: AdaptiveOptions
  #source: MediaSource
  #isFinal = false
  #isClosed = false
  /** What was wanted last, for what comes. */
  #wanted: WantedStream | undefined

  /** @param source - Is closed with this, or when it is replaced. */
  constructor(source: MediaSource, options: AdaptiveOptions) {
    this.#source = source
    this.#options = options
  }

  get description(): SourceDescription {
    return this.#source.description
  }

  get warnings(): readonly string[] {
    return this.#source.warnings
  }

  prefer(wanted: WantedStream): void {
    this.#wanted = wanted
    this.#source.prefer?.(wanted)
  }

  forgetPictures(): void {
    this.#source.forgetPictures?.()
  }

  get health(): SourceHealth | undefined {
    return this.#source.health
  }

  samples(signal: AbortSignal, wanted?: WantedStream): AsyncGenerator<MediaSample, void> {
    return this.#watched(source => source.samples(signal, wanted))
  }

  allSamples(signal: AbortSignal, wanted?: WantedStream): AsyncGenerator<SourceSample, void> {
    return this.#watched<SourceSample>(
      source => source.allSamples?.(signal, wanted) ?? source.samples(signal, wanted),
    )
  }

  snapshot(size: PictureSize, signal: AbortSignal): Promise<Uint8Array> {
    return this.#source.snapshot(size, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#source[Symbol.asyncDispose]()
  }

  async *#watched<Sample extends SourceSample>(
    read: (source: MediaSource) => AsyncIterable<Sample>,
  ): AsyncGenerator<Sample, void> {
    const source = this.#source
    const { timescale } = source.description.video
    let lastKeyFrame: number | undefined
    for await (const sample of read(source)) {
      const { track, isSync, decodeTime } = sample
      if (track === 'video') {
        const distanceMs = ((decodeTime - (lastKeyFrame ?? decodeTime)) / timescale) * 1000
        const isTooLong = !this.#isFinal && distanceMs > this.#options.maxKeyFrameMs
        if (isTooLong && (await this.#replace(source))) return
        if (isSync || lastKeyFrame === undefined) lastKeyFrame = decodeTime
      }
      yield sample
    }
  }

  /** @returns Whether `source` is not read any more. */
  async #replace(source: MediaSource): Promise<boolean> {
    if (this.#source !== source) return true
    this.#isFinal = true
    const { note, replace, maxKeyFrameMs } = this.#options
    const fault = `its key frames are more than ${Math.floor(maxKeyFrameMs / 1000)} s apart`
    let better: MediaSource
    try {
      better = await replace(fault)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      note(`Recordings will be too long, because ${fault}: ${why}.`)
      return false
    }
    for (const warning of better.warnings) note(warning)
    if (this.#wanted !== undefined) better.prefer?.(this.#wanted)
    const unused = this.#isClosed ? better : source
    if (!this.#isClosed) this.#source = better
    await unused[Symbol.asyncDispose]()
    return true
  }
}
