import type { MediaSample } from '@hksv/fmp4'

import type {
  MediaSource,
  PictureSize,
  SourceDescription,
  SourceHealth,
  SourceSample,
  WantedStream,
} from './source.ts'

/** One of {@link SeveralSources}. */
export interface SourceVariant {
  readonly source: MediaSource
  /** Said by the user; what it is decides. */
  readonly size?: PictureSize | undefined
}

/**
 * The streams of one camera as one source: each reader gets the one whose size is nearest to what it
 * wants, the first one when it does not say. Those that nobody reads are not connected. Closing it closes all.
 */
export class SeveralSources implements MediaSource {
  readonly #main: MediaSource
  readonly #sources: readonly MediaSource[]
  /** How many read each of them. */
  readonly #readers = new Map<MediaSource, number>()
  readonly warnings: readonly string[]

  /** @param variants - At least one; the first one is what the camera is said to be. */
  constructor(variants: readonly [SourceVariant, ...SourceVariant[]]) {
    this.#main = variants[0].source
    this.#sources = variants.map(({ source }) => source)
    this.warnings = variants.flatMap(variant => [...variant.source.warnings, ...mismatch(variant)])
  }

  get description(): SourceDescription {
    return this.#main.description
  }

  get unusedSound(): string | undefined {
    return this.#main.unusedSound
  }

  get health(): SourceHealth | undefined {
    const all = this.#sources.flatMap(({ health }) => health ?? [])
    if (all.length === 0) return undefined
    const sum = (of: (health: SourceHealth) => number) => all.reduce((n, one) => n + of(one), 0)
    return {
      isWell: all.every(({ isWell }) => isWell),
      reconnects: sum(({ reconnects }) => reconnects),
      packets: sum(({ packets }) => packets),
      packetsLost: sum(({ packetsLost }) => packetsLost),
      picturesDropped: sum(({ picturesDropped }) => picturesDropped),
    }
  }

  encodingFor(wanted: WantedStream | undefined): string {
    const source = this.#nearest(wanted)
    return `${this.#sources.indexOf(source)} ${source.encodingFor?.(wanted) ?? ''}`.trimEnd()
  }

  descriptionFor(wanted: WantedStream | undefined): SourceDescription {
    const source = this.#nearest(wanted)
    return source.descriptionFor?.(wanted) ?? source.description
  }

  prefer(wanted: WantedStream): void {
    this.#nearest(wanted).prefer?.(wanted)
  }

  forgetPictures(): void {
    for (const source of this.#sources) source.forgetPictures?.()
  }

  async *samples(
    signal: AbortSignal,
    wanted?: WantedStream,
  ): AsyncGenerator<MediaSample, void, undefined> {
    for await (const sample of this.allSamples(signal, wanted)) {
      if (sample.track !== 'live-audio') yield sample
    }
  }

  async *allSamples(
    signal: AbortSignal,
    wanted?: WantedStream,
  ): AsyncGenerator<SourceSample, void, undefined> {
    const source = this.#nearest(wanted)
    this.#count(source, 1)
    try {
      yield* source.allSamples?.(signal, wanted) ?? source.samples(signal, wanted)
    } finally {
      this.#count(source, -1)
    }
  }

  /** Of a stream that is read already, if there is one. */
  snapshot(size: PictureSize, signal: AbortSignal): Promise<Uint8Array> {
    const read = this.#sources.filter(source => (this.#readers.get(source) ?? 0) > 0)
    return nearest(read.length === 0 ? this.#sources : read, size, this.#main).snapshot(
      size,
      signal,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#sources.map(source => source[Symbol.asyncDispose]()))
  }

  #nearest(wanted: WantedStream | undefined): MediaSource {
    if (wanted === undefined) return this.#main
    const { video } = wanted
    const same = this.#sources.filter(({ description }) => description.video.codec === video.codec)
    return nearest(same.length === 0 ? this.#sources : same, video, this.#main)
  }

  #count(source: MediaSource, by: 1 | -1): void {
    this.#readers.set(source, (this.#readers.get(source) ?? 0) + by)
  }
}

/** @returns The source with the ratio of areas nearest to 1; the first of those that are as near. */
function nearest(
  sources: readonly MediaSource[],
  { width, height }: PictureSize,
  otherwise: MediaSource,
): MediaSource {
  const distance = ({ description: { video } }: MediaSource) =>
    Math.abs(Math.log((video.width * video.height) / (width * height)))
  return (
    sources.reduce<MediaSource | undefined>(
      (best, source) => (best === undefined || distance(source) < distance(best) ? source : best),
      undefined,
    ) ?? otherwise
  )
}

function mismatch({ source, size }: SourceVariant): string[] {
  const { name, video } = source.description
  if (size === undefined || (size.width === video.width && size.height === video.height)) return []
  return [
    `${name} was said to be ${size.width}x${size.height} and is ${video.width}x${video.height}; what it is decides.`,
  ]
}
