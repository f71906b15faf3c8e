import { isDeepStrictEqual } from 'node:util'

import { type Fragment, Fragmenter } from '@hksv/fmp4'
import type { Clock, MediaSource, SourceDescription, WantedStream } from '@hksv/media'

import { AccessoryError } from '../errors.ts'
import type { Log } from '../log.ts'
import { FragmentRing, type StoredFragment } from './fragment-ring.ts'
import { Timeline } from './timeline.ts'

/** A reader that got nothing taken off its hands for this long is given up anyway. */
const RETENTION_MS = 16_000
const MAX_RING_BYTES = 24 * 1024 * 1024
const MIN_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 30_000

/** One recording, as the recorder delivers it. */
export interface Recording {
  readonly description: SourceDescription
  readonly init: Uint8Array
  /**
   * The fragments of the prebuffer, oldest first, then each new one as it is complete, until the
   * signal aborts.
   *
   * @throws AccessoryError `SOURCE_FAILED` when the source broke off, or the reader fell behind what
   * is kept.
   */
  readonly fragments: AsyncGenerator<StoredFragment<Fragment>, void>
}

/** What a recorder is made with. */
export interface RecorderOptions {
  readonly source: MediaSource
  readonly log: Log
  readonly clock: Clock
  /** Told each time that the source breaks off; it is started again. */
  readonly failed: (message: string) => void
  readonly fragmentDurationMs: number
  /** The longest prebuffer that anybody may ask for. */
  readonly prebufferLengthMs: number
}

/**
 * Turns the source into fragments as long as the camera is armed, and keeps the newest ones as the
 * prebuffer. Knows nothing of who asks for them.
 */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #ring: FragmentRing<Fragment>
  #wanted: WantedStream | undefined
  #running: AbortController | undefined
  #lastRun: Promise<void> = Promise.resolve()
  /** Ends this reading of the source, so that the next one begins. */
  #round = new AbortController()
  #timeline: Timeline
  #readers = 0
  /** Whether the source is read for something else than what is wanted now. */
  #isOutdated = false
  #cut: (() => void) | undefined

  constructor(options: RecorderOptions) {
    const { prebufferLengthMs, fragmentDurationMs } = options
    this.#options = options
    this.#timeline = new Timeline(options.source.description)
    this.#ring = new FragmentRing({
      keepMs: prebufferLengthMs,
      maxAgeMs: Math.max(RETENTION_MS, prebufferLengthMs + fragmentDurationMs),
      maxBytes: MAX_RING_BYTES,
    })
  }

  /** Bytes of media in the prebuffer. */
  get prebufferBytes(): number {
    return this.#ring.byteLength
  }

  /** Begins to fill the prebuffer. Does nothing when it runs already. */
  start(): void {
    if (this.#running !== undefined) return
    const stop = new AbortController()
    this.#running = stop
    // One run at a time: the one before may still be ending.
    this.#lastRun = this.#lastRun.then(() => this.#run(stop.signal))
  }

  /**
   * Says what is wanted of the source. While somebody records, what it is read for stays as it is;
   * then the prebuffer begins anew.
   */
  want(wanted: WantedStream | undefined): void {
    if (isDeepStrictEqual(wanted, this.#wanted)) return
    this.#wanted = wanted
    if (this.#running === undefined) return
    this.#isOutdated = true
    this.#renew()
  }

  /** Stops the source and empties the prebuffer. */
  async stop(): Promise<void> {
    this.#running?.abort()
    this.#running = undefined
    await this.#lastRun
  }

  /** Begins a recording with the last `prebufferMs`. Whoever gets it reads or returns its fragments. */
  record(options: {
    readonly prebufferMs: number
    readonly withAudio: boolean
    readonly signal: AbortSignal
  }): Recording {
    const timeline = this.#timeline
    return {
      description: timeline.description,
      init: timeline.initSegment(options.withAudio),
      fragments: this.#follow(timeline.signal, options.prebufferMs, options.signal),
    }
  }

  async *#follow(
    over: AbortSignal,
    prebufferMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<StoredFragment<Fragment>, void> {
    const position = { next: this.#ring.firstSince(this.#options.clock.now() - prebufferMs) }
    // Rather a short first fragment than a late one.
    if (position.next === this.#ring.nextNumber) this.#cut?.()
    const either = AbortSignal.any([signal, over])
    const release = this.#ring.hold(position)
    this.#readers++
    try {
      for (;;) {
        const stored = over.aborted ? undefined : await this.#ring.read(position.next, either)
        if (signal.aborted) return
        if (stored === undefined) {
          const message = over.aborted ? 'The source broke off.' : 'The reader is too slow.'
          throw new AccessoryError('SOURCE_FAILED', { message })
        }
        yield stored
        position.next = stored.number + 1
      }
    } finally {
      release()
      this.#readers--
      this.#renew()
    }
  }

  #renew(): void {
    if (!this.#isOutdated || this.#readers > 0) return
    this.#isOutdated = false
    this.#round.abort()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, source } = this.#options
    let backoffMs = MIN_BACKOFF_MS
    while (!signal.aborted) {
      const startedAt = clock.now()
      const { description } = source
      // Who waits already for what comes next goes on waiting, unless it is something else.
      if (this.#timeline.description !== description) this.#beginTimeline(description)
      this.#round = new AbortController()
      const round = this.#round.signal
      const failure = await this.#record(AbortSignal.any([signal, round]))
      this.#ring.clear()
      this.#beginTimeline(source.description)
      if (signal.aborted) return
      if (round.aborted) continue
      const isOther = source.description !== description
      if (isOther && failure === undefined) {
        this.#options.log.info('The source changed its parameters; the prebuffer begins anew.')
      } else this.#brokeOff(failure)
      const now = clock.now()
      if (now - startedAt > MAX_BACKOFF_MS) backoffMs = MIN_BACKOFF_MS
      // A source that says so at once goes on at once; one that changes all the time is slowed down.
      if (isOther && now - startedAt >= MIN_BACKOFF_MS) continue
      await clock.sleepUntil(now + backoffMs, AbortSignal.any([signal, round]))
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)
    }
  }

  #beginTimeline(description: SourceDescription): void {
    this.#timeline.end()
    this.#timeline = new Timeline(description)
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

  /** @returns Why it ended, unless the source did without an error, or was told to. */
  async #record(signal: AbortSignal): Promise<{ readonly error: unknown } | undefined> {
    const { source, clock } = this.#options
    const fragmenter = this.#fragmenter()
    this.#cut = () => fragmenter.cut()
    try {
      for await (const sample of source.samples(signal, this.#wanted)) {
        const fragment = fragmenter.push(sample)
        if (fragment !== undefined) this.#ring.push(fragment, clock.now())
      }
      return undefined
    } catch (error) {
      return { error }
    } finally {
      this.#cut = undefined
    }
  }

  #fragmenter(): Fragmenter {
    const { video, audio } = this.#timeline.description
    return new Fragmenter({
      video: { timescale: video.timescale },
      ...(audio === undefined
        ? {}
        : { audio: { sampleRate: audio.sampleRate, frameLength: audio.frameLength } }),
      fragmentDurationMs: this.#options.fragmentDurationMs,
      // Pages are filled before they are read.
      allocate: length => Buffer.allocUnsafeSlow(length),
    })
  }
}
