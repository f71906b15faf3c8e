import {
  BackOff,
  type Clock,
  type LiveAudioSample,
  type MediaSample,
  type MediaSource,
  type SourceDescription,
  type WantedStream,
} from '@hksv/media'

import { PictureTail } from '../live/picture-tail.ts'
import type { Log } from '../log.ts'
import { SourceTroubles } from './source-troubles.ts'

/** What ends sooner has not gone well. */
const WELL_MS = 30_000
/** One that changes all the time is slowed down. */
const MIN_LIFE_MS = 1000

/** Whoever wants the samples of a source. None of these may throw. */
export interface SampleListener {
  /** What comes from now on is this, and continues nothing. */
  began(description: SourceDescription): void
  /** What came before of a source that was read already, from its newest key frame on. Not a copy. */
  recent?(pictures: readonly MediaSample[]): void
  /** Its data is a view: copy what is kept. */
  sample(sample: MediaSample): void
  /** Sound that is for the live view alone; likewise a view. */
  liveAudio?(sample: LiveAudioSample): void
  /** What came is over; what comes next begins anew. */
  ended(): void
}

/** What a {@link SourceReader} is made with. */
export interface SourceReaderOptions {
  readonly source: MediaSource
  readonly log: Log
  readonly clock: Clock
  /** Told each time that the source breaks off; it is started again. */
  readonly failed: (message: string, isRepeated: boolean) => void
  /** 0 to 1, for the times between attempts; `Math.random` unless given. */
  readonly random?: () => number
}

/**
 * Reads a source for all who want its samples, each of its encodings once, as long as anybody does.
 * A source that breaks off is started again, ever later.
 */
export class SourceReader {
  readonly #options: SourceReaderOptions
  readonly #readings = new Map<string, Reading>()
  /** Of each encoding, also while it is still ending. */
  readonly #lastRuns = new Map<string, Promise<void>>()

  constructor(options: SourceReaderOptions) {
    this.#options = options
  }

  /** Names the encoding that fits best: what has one name is read once. */
  encodingFor(wanted: WantedStream | undefined): string {
    return this.#options.source.encodingFor?.(wanted) ?? ''
  }

  /** @returns To be called when no more samples are wanted; none come after that. */
  listen(listener: SampleListener, wanted?: WantedStream): () => void {
    const encoding = this.encodingFor(wanted)
    const reading = this.#readings.get(encoding) ?? this.#start(encoding, wanted)
    reading.add(listener)
    return () => {
      reading.remove(listener)
      if (!reading.isOver || this.#readings.get(encoding) !== reading) return
      this.#readings.delete(encoding)
    }
  }

  /** Stops reading. Resolves when the source has been let go. */
  async close(): Promise<void> {
    for (const reading of this.#readings.values()) reading.stop()
    this.#readings.clear()
    await Promise.all(this.#lastRuns.values())
  }

  #start(encoding: string, wanted: WantedStream | undefined): Reading {
    const reading = new Reading(this.#options, wanted)
    this.#readings.set(encoding, reading)
    // One at a time: the one before may still be ending.
    const last = this.#lastRuns.get(encoding) ?? Promise.resolve()
    this.#lastRuns.set(
      encoding,
      last.then(() => reading.run()),
    )
    return reading
  }
}

/** One encoding, as long as somebody listens. */
class Reading {
  readonly #options: SourceReaderOptions
  readonly #wanted: WantedStream | undefined
  readonly #listeners = new Set<SampleListener>()
  readonly #stop = new AbortController()
  readonly #backOff: BackOff
  readonly #troubles: SourceTroubles
  readonly #tail = new PictureTail()
  /** While samples can come. */
  #description: SourceDescription | undefined

  constructor(options: SourceReaderOptions, wanted: WantedStream | undefined) {
    this.#options = options
    this.#wanted = wanted
    this.#backOff = new BackOff(options.random)
    this.#troubles = new SourceTroubles(options)
  }

  get isOver(): boolean {
    return this.#stop.signal.aborted
  }

  add(listener: SampleListener): void {
    this.#listeners.add(listener)
    if (this.#description === undefined) return
    listener.began(this.#description)
    listener.recent?.(this.#tail.pictures)
  }

  remove(listener: SampleListener): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size === 0) this.stop()
  }

  stop(): void {
    this.#stop.abort()
  }

  /** Reads until it is stopped. */
  async run(): Promise<void> {
    const { clock, log } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted) {
      const startedAt = clock.now()
      const description = this.#describe()
      const failure = await this.#read(description)
      if (signal.aborted) return
      const isOther = this.#describe() !== description
      const now = clock.now()
      if (now - startedAt > WELL_MS) this.#backOff.reset()
      if (isOther && failure === undefined) {
        log.info('The source changed its parameters; what comes begins anew.')
        if (now - startedAt >= MIN_LIFE_MS) continue
      } else this.#troubles.brokeOff(failure)
      await clock.sleepUntil(now + this.#backOff.next(failure?.error), signal)
    }
  }

  #describe(): SourceDescription {
    const { source } = this.#options
    return source.descriptionFor?.(this.#wanted) ?? source.description
  }

  /** @returns Why it ended, unless the source did without an error, or was told to. */
  async #read(description: SourceDescription): Promise<{ readonly error: unknown } | undefined> {
    const { source } = this.#options
    const { signal } = this.#stop
    const wanted = this.#wanted
    this.#description = description
    for (const listener of this.#listeners) listener.began(description)
    try {
      const samples = source.allSamples?.(signal, wanted) ?? source.samples(signal, wanted)
      for await (const sample of samples) {
        this.#troubles.goesWell()
        for (const listener of this.#listeners) {
          if (sample.track === 'live-audio') listener.liveAudio?.(sample)
          else listener.sample(sample)
        }
        if (sample.track === 'video') this.#tail.push(sample)
      }
      return undefined
    } catch (error) {
      return { error }
    } finally {
      this.#description = undefined
      this.#tail.clear()
      for (const listener of this.#listeners) listener.ended()
    }
  }
}
