import { type Fragment, Fragmenter, initSegment } from '@hksv/fmp4'
import type { Clock, MediaSource, SourceDescription } from '@hksv/media'

import { AccessoryError } from '../errors.ts'
import type { Log } from '../log.ts'
import { FragmentRing } from './fragment-ring.ts'

/** A reader that got nothing taken off its hands for this long is given up anyway. */
const RETENTION_MS = 16_000
const MAX_RING_BYTES = 64 * 1024 * 1024
const MAX_BACKOFF_MS = 30_000

/**
 * Turns the source into fragments as long as the camera is armed, and keeps the newest ones as the
 * prebuffer. Knows nothing of who asks for them.
 */
export class Recorder {
  readonly #source: MediaSource
  readonly #log: Log
  readonly #failed: (message: string) => void
  readonly #clock: Clock
  readonly #fragmentDurationMs: number
  readonly #ring: FragmentRing<Fragment>
  /** Init segments without and with audio, by what they describe. */
  readonly #initSegments = new WeakMap<SourceDescription, Map<boolean, Uint8Array>>()
  #running: AbortController | undefined
  #lastRun: Promise<void> = Promise.resolve()
  /** Aborted when what comes does not continue what was recorded. */
  #timeline = new AbortController()
  #cut: (() => void) | undefined

  constructor(options: {
    source: MediaSource
    log: Log
    clock: Clock
    /** Told each time that the source breaks off; it is started again. */
    failed: (message: string) => void
    fragmentDurationMs: number
    prebufferLengthMs: number
  }) {
    this.#source = options.source
    this.#log = options.log
    this.#failed = options.failed
    this.#clock = options.clock
    this.#fragmentDurationMs = options.fragmentDurationMs
    const maxAgeMs = Math.max(RETENTION_MS, options.prebufferLengthMs + options.fragmentDurationMs)
    this.#ring = new FragmentRing({ maxAgeMs, maxBytes: MAX_RING_BYTES })
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

  /** Stops the source and empties the prebuffer. */
  async stop(): Promise<void> {
    this.#running?.abort()
    this.#running = undefined
    await this.#lastRun
  }

  /** What a recording begins with: `ftyp` and `moov`. Written once, and sent again: do not change it. */
  initSegment(withAudio: boolean): Uint8Array {
    const { description } = this.#source
    const known = this.#initSegments.get(description) ?? new Map<boolean, Uint8Array>()
    const init = known.get(withAudio) ?? writeInitSegment(description, withAudio)
    this.#initSegments.set(description, known.set(withAudio, init))
    return init
  }

  /**
   * The fragments of the last `prebufferMs`, oldest first, then each new one as it is complete, until
   * `signal` aborts.
   *
   * @throws AccessoryError `SOURCE_FAILED` when the source broke off, or the reader fell behind what
   * is kept.
   */
  async *follow(prebufferMs: number, signal: AbortSignal): AsyncGenerator<Fragment, void> {
    const timeline = this.#timeline.signal
    let number = this.#ring.firstSince(this.#clock.now() - prebufferMs)
    // Rather a short first fragment than a late one.
    if (number === this.#ring.nextNumber) this.#cut?.()
    const either = AbortSignal.any([signal, timeline])
    for (;;) {
      const stored = await this.#ring.read(number, either)
      if (signal.aborted) return
      if (stored === undefined) {
        const message = timeline.aborted ? 'The source broke off.' : 'The reader is too slow.'
        throw new AccessoryError('SOURCE_FAILED', { message })
      }
      yield stored.fragment
      number = stored.number + 1
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    let backoffMs = 1000
    while (!signal.aborted) {
      const startedAt = this.#clock.now()
      try {
        await this.#record(signal)
        if (!signal.aborted) this.#brokeOff('The source ended; it is started again.', undefined)
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        if (!signal.aborted) this.#brokeOff(`The source failed: ${text}`, error)
      }
      this.#ring.clear()
      this.#timeline.abort()
      this.#timeline = new AbortController()
      if (signal.aborted) return
      const now = this.#clock.now()
      if (now - startedAt > MAX_BACKOFF_MS) backoffMs = 1000
      await this.#clock.sleepUntil(now + backoffMs, signal)
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)
    }
  }

  #brokeOff(message: string, err: unknown): void {
    this.#log.error({ err }, message)
    this.#failed(message)
  }

  async #record(signal: AbortSignal): Promise<void> {
    const { video, audio } = this.#source.description
    const fragmenter = new Fragmenter({
      video: { timescale: video.timescale },
      ...(audio === undefined
        ? {}
        : { audio: { sampleRate: audio.sampleRate, frameLength: audio.frameLength } }),
      fragmentDurationMs: this.#fragmentDurationMs,
      // Pages are filled before they are read.
      allocate: length => Buffer.allocUnsafeSlow(length),
    })
    this.#cut = () => fragmenter.cut()
    try {
      for await (const sample of this.#source.samples(signal)) {
        const fragment = fragmenter.push(sample)
        if (fragment !== undefined) this.#ring.push(fragment, this.#clock.now())
      }
    } finally {
      this.#cut = undefined
    }
  }
}

function writeInitSegment({ video, audio }: SourceDescription, withAudio: boolean): Uint8Array {
  const { sps, pps, width, height, timescale } = video
  return initSegment({
    video: { codec: 'avc1', trackId: 1, timescale, width, height, sps, pps },
    ...(withAudio && audio !== undefined
      ? {
          audio: {
            codec: 'mp4a',
            trackId: 2,
            sampleRate: audio.sampleRate,
            channels: audio.channels,
            audioSpecificConfig: audio.audioSpecificConfig,
          },
        }
      : {}),
  })
}
