import { type Fragment, Fragmenter } from '@hksv/fmp4'
import type { Clock, MediaSample, SourceDescription, WantedStream } from '@hksv/media'

import type { SampleListener, SourceReader } from '../camera/source-reader.ts'
import { eitherSignal } from '../either-signal.ts'
import { AccessoryError } from '../errors.ts'
import type { Log } from '../log.ts'
import { FragmentRing, type StoredFragment } from './fragment-ring.ts'
import { Timeline } from './timeline.ts'

/** A reader that got nothing taken off its hands for this long is given up anyway. */
const RETENTION_MS = 16_000
const MAX_RING_BYTES = 24 * 1024 * 1024

/** One recording, as the recorder delivers it. */
export interface Recording {
  readonly description: SourceDescription
  readonly init: Uint8Array
  /**
   * The fragments of the prebuffer, oldest first, then each new one as it is complete, until the
   * signal aborts.
   *
   * @throws AccessoryError `SOURCE_FAILED` when the source broke off, `READER_TOO_SLOW` when the reader
   * fell behind what is kept.
   */
  readonly fragments: AsyncGenerator<StoredFragment<Fragment>, void>
}

/** What a recorder is made with. */
export interface RecorderOptions {
  readonly reader: SourceReader
  /** What the source is before it is read. */
  readonly description: SourceDescription
  readonly log: Log
  readonly clock: Clock
  readonly fragmentDurationMs: number
  /** The longest prebuffer that anybody may ask for. */
  readonly prebufferLengthMs: number
}

/**
 * Turns samples into fragments as long as the camera is armed, and keeps the newest ones as the
 * prebuffer. Knows nothing of who asks for them.
 */
export class Recorder implements SampleListener {
  readonly #options: RecorderOptions
  readonly #ring: FragmentRing<Fragment>
  #timeline: Timeline
  #fragmenter: Fragmenter | undefined
  #wanted: WantedStream | undefined
  /** What is read now, and how to stop that. */
  #reading: { readonly encoding: string; stop(): void } | undefined
  #readers = 0
  /** The number of the fragment that somebody waits for who has none. */
  #urgent: number | undefined
  readonly #said = new Set<string>()

  constructor(options: RecorderOptions) {
    const { prebufferLengthMs, fragmentDurationMs } = options
    this.#options = options
    this.#timeline = new Timeline(options.description, 0)
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
    if (this.#reading !== undefined) return
    const { reader } = this.#options
    const encoding = reader.encodingFor(this.#wanted)
    // Samples may come at once.
    this.#reading = { encoding, stop: () => undefined }
    this.#reading = { encoding, stop: reader.listen(this, this.#wanted) }
  }

  /**
   * Says what is wanted of the source. When that is another encoding, the prebuffer begins anew, as
   * soon as nobody records.
   */
  want(wanted: WantedStream | undefined): void {
    this.#wanted = wanted
    this.#renew()
  }

  /** Empties the prebuffer, and wants no more samples. */
  stop(): void {
    this.#reading?.stop()
    this.#reading = undefined
    this.ended()
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
      fragments: this.#follow(timeline, options.prebufferMs, options.signal),
    }
  }

  began(description: SourceDescription): void {
    // Who waits already for what comes next goes on waiting, unless it is something else.
    if (this.#timeline.description !== description) this.#beginTimeline(description)
    this.#fragmenter = this.#createFragmenter(description)
    this.#hurry()
    this.#compare(description)
  }

  sample(sample: MediaSample): void {
    try {
      const fragment = this.#fragmenter?.push(sample)
      if (fragment !== undefined) this.#ring.push(fragment, this.#options.clock.now())
    } catch (error) {
      const { description } = this.#timeline
      this.#options.log.error({ err: error }, 'What the source gives cannot be recorded.')
      this.ended()
      this.began(description)
    }
  }

  ended(): void {
    this.#fragmenter = undefined
    this.#beginTimeline(this.#timeline.description)
    this.#forget()
  }

  async *#follow(
    timeline: Timeline,
    prebufferMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<StoredFragment<Fragment>, void> {
    const since = this.#ring.firstSince(this.#options.clock.now() - prebufferMs)
    const position = { next: Math.max(since, timeline.firstNumber) }
    this.#urgent = position.next
    this.#hurry()
    const { signal: either, release: unlink } = eitherSignal(signal, timeline.signal)
    const release = this.#ring.hold(position)
    this.#readers++
    try {
      for (;;) {
        const stored = await this.#ring.read(position.next, either)
        if (signal.aborted) return
        // What was complete before the source broke off is still given.
        const isOver = timeline.signal.aborted && position.next >= timeline.endNumber
        if (stored === undefined || isOver) {
          if (!isOver) throw new AccessoryError('READER_TOO_SLOW')
          throw new AccessoryError('SOURCE_FAILED', { message: 'The source broke off.' })
        }
        yield stored
        position.next = stored.number + 1
      }
    } finally {
      unlink()
      release()
      this.#readers--
      this.#forget()
      this.#renew()
    }
  }

  /** Rather a short first fragment than a late one. */
  #hurry(): void {
    if (this.#urgent === this.#ring.nextNumber) this.#fragmenter?.cut()
  }

  /** Says once of each pair that what comes is not what was selected. */
  #compare({ video }: SourceDescription): void {
    if (this.#wanted === undefined) return
    const [selected, given] = [this.#wanted.video, video].map(
      ({ codec, width, height }) => `${codec} of ${width}x${height}`,
    )
    const said = `The hub selected ${selected}, and gets ${given} as it comes from the source.`
    if (selected === given || this.#said.has(said)) return
    this.#said.add(said)
    this.#options.log.info(said)
  }

  /** Reads what is wanted now, if that is something else. */
  #renew(): void {
    if (this.#reading === undefined || this.#readers > 0) return
    if (this.#options.reader.encodingFor(this.#wanted) === this.#reading.encoding) return
    this.stop()
    this.start()
  }

  /** What does not continue is of use to those alone that read it. */
  #forget(): void {
    if (this.#readers === 0) this.#ring.clear(this.#timeline.firstNumber)
  }

  #beginTimeline(description: SourceDescription): void {
    const { nextNumber } = this.#ring
    this.#timeline.end(nextNumber)
    this.#timeline = new Timeline(description, nextNumber)
  }

  #createFragmenter({ video, audio }: SourceDescription): Fragmenter {
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
