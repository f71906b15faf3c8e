import type { Clock, MediaSample, MediaSource, SourceDescription, WantedStream } from '@hksv/media'

import type { Log } from '../log.ts'

const MIN_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 30_000

/** Whoever wants the samples of a source. None of these may throw. */
export interface SampleListener {
  /** What comes from now on is this, and continues nothing. */
  began(description: SourceDescription): void
  /** Its data is a view: copy what is kept. */
  sample(sample: MediaSample): void
  /** What came is over; what comes next begins anew. */
  ended(): void
}

/** What a {@link SourceReader} is made with. */
export interface SourceReaderOptions {
  readonly source: MediaSource
  readonly log: Log
  readonly clock: Clock
  /** Told each time that the source breaks off; it is started again. */
  readonly failed: (message: string) => void
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
  /** While samples can come. */
  #description: SourceDescription | undefined

  constructor(options: SourceReaderOptions, wanted: WantedStream | undefined) {
    this.#options = options
    this.#wanted = wanted
  }

  get isOver(): boolean {
    return this.#stop.signal.aborted
  }

  add(listener: SampleListener): void {
    this.#listeners.add(listener)
    if (this.#description !== undefined) listener.began(this.#description)
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
    const { clock, source, log } = this.#options
    const { signal } = this.#stop
    let backoffMs = MIN_BACKOFF_MS
    while (!signal.aborted) {
      const startedAt = clock.now()
      const { description } = source
      const failure = await this.#read(description)
      if (signal.aborted) return
      const isOther = source.description !== description
      if (isOther && failure === undefined) {
        log.info('The source changed its parameters; what comes begins anew.')
      } else this.#brokeOff(failure)
      const now = clock.now()
      if (now - startedAt > MAX_BACKOFF_MS) backoffMs = MIN_BACKOFF_MS
      // A source that says so at once goes on at once; one that changes all the time is slowed down.
      if (isOther && now - startedAt >= MIN_BACKOFF_MS) continue
      await clock.sleepUntil(now + backoffMs, signal)
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)
    }
  }

  /** @returns Why it ended, unless the source did without an error, or was told to. */
  async #read(description: SourceDescription): Promise<{ readonly error: unknown } | undefined> {
    const { signal } = this.#stop
    this.#description = description
    for (const listener of this.#listeners) listener.began(description)
    try {
      for await (const sample of this.#options.source.samples(signal, this.#wanted)) {
        for (const listener of this.#listeners) listener.sample(sample)
      }
      return undefined
    } catch (error) {
      return { error }
    } finally {
      this.#description = undefined
      for (const listener of this.#listeners) listener.ended()
    }
  }

  #brokeOff(failure: { readonly error: unknown } | undefined): void {
    const { error } = failure ?? {}
    const text = error instanceof Error ? error.message : String(error)
    const message = failure
      ? `The source failed: ${text}`
      : 'The source ended; it is started again.'
    this.#options.log.error({ err: error }, message)
    this.#options.failed(message)
  }
}
