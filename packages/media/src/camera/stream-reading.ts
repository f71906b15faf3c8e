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
  /** Each of them ends it. */
  readonly signals: readonly AbortSignal[]
  /** Takes each key frame, as it comes. */
  readonly keyFrame: (data: Uint8Array) => void
  /** Is called when it is over, with `description`, or another object for what came instead. */
  readonly ended: (description: SourceDescription) => void
}

/**
 * One reading of a camera: from a connection to its end, or to the first picture that is something else.
 * It connects when the first sample is asked for. Each sample has data of its own.
 */
export class StreamReading implements StreamHandler, AsyncIterableIterator<SourceSample, void> {
  readonly #options: StreamReadingOptions
  readonly #queue = new SampleQueue()
  readonly #stop = new AbortController()
  readonly #keyFrames: KeyFrameWatch
  #description: SourceDescription
  #received: Promise<void> | undefined
  #isStopped = false
  #left: (() => void) | undefined

  constructor(options: StreamReadingOptions) {
    this.#options = options
    this.#description = options.description
    this.#keyFrames = new KeyFrameWatch(options.description.video.timescale)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** @throws MediaError when the camera ends it, or it cannot begin. */
  next(): Promise<IteratorResult<SourceSample, void>> {
    this.#received ??= this.#receive()
    return this.#queue.next()
  }

  /** Ends it, and waits until the camera was told. */
  async return(): Promise<IteratorResult<SourceSample, void>> {
    this.#end()
    await this.#received
    return { done: true, value: undefined }
  }

  async #receive(): Promise<void> {
    const { stream, health, signals, ended } = this.#options
    const end = () => this.#end()
    for (const signal of signals) signal.addEventListener('abort', end)
    if (signals.some(({ aborted }) => aborted)) end()
    const failure = await receiveStream(stream, this.#stop.signal, this).then(
      () => undefined,
      (error: unknown) => {
        health.failed()
        return error
      },
    )
    for (const signal of signals) signal.removeEventListener('abort', end)
    this.#left?.()
    ended(this.#description)
    this.#queue.end(failure)
  }

  /** Nobody wants what has come. */
  #end(): void {
    this.#leave()
    this.#queue.clear()
  }

  #leave(): void {
    this.#isStopped = true
    this.#stop.abort()
  }

  began(receiver: StreamReceiver): void {
    this.#left = this.#options.health.began(receiver)
  }

  event(event: StreamEvent): void {
    if (this.#isStopped) return
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
    this.#leave()
  }

  #sample(sample: SourceSample): void {
    const { health, notices } = this.#options
    const isKept = this.#queue.push(sample)
    if (sample.track !== 'video') return
    if (!isKept) health.dropped()
    else if (sample.isSync) this.#options.keyFrame(sample.data)
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
