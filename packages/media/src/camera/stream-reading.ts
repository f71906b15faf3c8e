import type { SourceDescription, SourceSample } from '../source.ts'
import type { HealthRecord } from './health-record.ts'
import { KeyFrameWatch } from './key-frame-watch.ts'
import type { Notices } from './notices.ts'
import { receiveStream, type StreamHandler, type StreamOptions } from './receive-stream.ts'
import { descriptionOf, isSameMedia } from './same-media.ts'
import { SampleQueue } from './sample-queue.ts'
import type { StreamEvent, StreamReceiver } from './stream-receiver.ts'

/** What a {@link StreamReading} works with. */
export interface StreamReadingOptions {
  readonly stream: StreamOptions
  /** What the reader was told to expect. */
  readonly description: SourceDescription
  readonly health: HealthRecord
  readonly notices: Notices
}

/** One reading of a camera: from a connection to its end, or to the first picture that is something else. */
export class StreamReading implements StreamHandler {
  readonly #options: StreamReadingOptions
  readonly #queue = new SampleQueue()
  readonly #stop = new AbortController()
  readonly #keyFrames: KeyFrameWatch
  #description: SourceDescription
  #left: (() => void) | undefined

  constructor(options: StreamReadingOptions) {
    this.#options = options
    this.#description = options.description
    this.#keyFrames = new KeyFrameWatch(options.description.video.timescale)
  }

  /** What the reader was told, or another object for what came instead. */
  get description(): SourceDescription {
    return this.#description
  }

  /**
   * Each sample has data of its own.
   * @throws MediaError when the camera ends it, or it cannot begin.
   */
  async *samples(
    signal: AbortSignal,
    closed: AbortSignal,
  ): AsyncGenerator<SourceSample, void, undefined> {
    const { stream, health } = this.#options
    const stop = () => this.#stop.abort()
    const signals = [signal, closed]
    for (const one of signals) one.addEventListener('abort', stop)
    if (signals.some(({ aborted }) => aborted)) stop()
    const received = receiveStream(stream, this.#stop.signal, this).then(
      () => this.#queue.end(),
      (error: unknown) => {
        health.failed()
        this.#queue.end(error)
      },
    )
    try {
      for await (const sample of this.#queue) {
        if (signal.aborted) return
        yield sample
      }
    } finally {
      stop()
      for (const one of signals) one.removeEventListener('abort', stop)
      await received
      this.#left?.()
    }
  }

  began(receiver: StreamReceiver): void {
    this.#left = this.#options.health.began(receiver)
  }

  event(event: StreamEvent): void {
    if (this.#stop.signal.aborted) return
    const { notices } = this.#options
    switch (event.type) {
      case 'described':
        this.#described(descriptionOf(this.#description.name, event))
        break
      case 'sample':
        this.#sample(event.sample)
        break
      case 'loss':
        notices.say(
          'loss',
          `Packets of ${this.#name} are lost on the way; check the network to it.`,
        )
        break
      case 'waiting':
        this.#keyFrames.interrupt()
        notices.say(
          'waiting',
          `Pictures of ${this.#name} are damaged, and left out up to its next key frame.`,
        )
        break
      case 'restart':
        this.#keyFrames.interrupt()
        notices.say('restart', `${this.#name} began its stream anew, or set its clock.`)
        break
      case 'over':
        break
    }
  }

  /** It is said when the camera is opened. */
  unused(): void {}

  silent(transport: 'tcp' | 'udp'): void {
    const [this_, other] = transport === 'tcp' ? ['TCP', 'UDP'] : ['UDP', 'TCP']
    const sentence = `${this.#name} sends nothing over ${this_}; ${other} is tried.`
    this.#options.notices.say(`silent ${transport}`, sentence)
  }

  get #name(): string {
    return this.#description.name
  }

  #described(next: SourceDescription): void {
    if (isSameMedia(next, this.#description)) return
    this.#description = next
    this.#stop.abort()
  }

  #sample(sample: SourceSample): void {
    const { health, notices } = this.#options
    if (!this.#queue.push(sample) && sample.track === 'video') health.dropped()
    if (sample.track !== 'video') return
    health.goesWell()
    const intervalMs = this.#keyFrames.push(sample)
    if (intervalMs === undefined) return
    const seconds = Math.round(intervalMs / 1000)
    notices.say(
      'key frames',
      `${this.#name} sends a key frame only every ${seconds} s, and clips can be cut nowhere else; set its key frame interval (I-frame interval, GOP) to 2 s.`,
    )
  }
}
