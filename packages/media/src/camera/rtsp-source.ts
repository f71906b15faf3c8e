import type { MediaSample } from '@hksv/fmp4'

import { BackOff } from '../back-off.ts'
import { type Clock, systemClock } from '../clock.ts'
import { MediaError, shownAddress } from '../errors.ts'
import { parseRtspAddress } from '../rtsp/address.ts'
import type { RtspConnectionOptions } from '../rtsp/connection.ts'
import { keyFrameSnapshot } from '../snapshot/key-frame-snapshot.ts'
import { checkPictureSize, noPicture } from '../snapshot/no-picture.ts'
import type {
  MediaSource,
  PictureSize,
  SourceDescription,
  SourceHealth,
  SourceSample,
} from '../source.ts'
import type { DescriptionMemory } from './description-memory.ts'
import { HealthRecord } from './health-record.ts'
import { Notices } from './notices.ts'
import { type OpenedCamera, openCamera } from './open-camera.ts'
import { StreamReading } from './stream-reading.ts'
import { TransportPlan } from './transport-plan.ts'

/** How an {@link RtspSource} is opened. */
export interface RtspSourceOptions extends Pick<RtspConnectionOptions, 'transport' | 'tls'> {
  /** With user and password, if the camera asks for them. */
  readonly url: string
  /** Name or path of ffmpeg, which makes pictures of key frames. */
  readonly ffmpeg: string
  /** The time of the process unless told. */
  readonly clock?: Clock | undefined
  /** Where it is kept what the camera is, for when it is away. */
  readonly memory?: DescriptionMemory | undefined
  /** As long as this has not aborted, a camera that is away and unknown is waited for. */
  readonly keepTrying?: AbortSignal | undefined
  /** Told what is noticed while it runs, one sentence each. */
  readonly note?: ((sentence: string) => void) | undefined
}

/** A key frame of so long ago is as good as a new one for a picture. */
const FRESH_MS = 10_000

interface KeyFrame {
  readonly data: Uint8Array
  readonly description: SourceDescription
  readonly takenAt: number
}

/** A camera that is reached over RTSP. Its video and AAC are passed on as they come. */
export class RtspSource implements MediaSource {
  readonly warnings: readonly string[]
  readonly unusedSound: string | undefined
  readonly #options: RtspSourceOptions
  readonly #clock: Clock
  readonly #plan: TransportPlan
  readonly #notices: Notices
  readonly #health = new HealthRecord()
  readonly #closed = new AbortController()
  #description: SourceDescription
  #keyFrame: KeyFrame | undefined
  /** Of pictures that nobody else reads for. */
  readonly #backOff = new BackOff()
  #refused: { readonly until: number; readonly error: unknown } | undefined

  private constructor(options: RtspSourceOptions, opened: OpenedCamera, plan: TransportPlan) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#plan = plan
    this.#notices = new Notices(options.note ?? (() => undefined), this.#clock)
    this.#description = opened.description
    this.warnings = opened.warnings
    this.unusedSound = opened.unusedSound
    if (opened.isRecalled) this.#health.failed()
  }

  /**
   * Connects once, to see what the camera sends. One that is away is taken for what it was the last time.
   * @throws MediaError MEDIA_RTSP_ADDRESS, MEDIA_RTSP_UNREACHABLE, MEDIA_RTSP_CERTIFICATE,
   * MEDIA_RTSP_AUTH, MEDIA_RTSP_REFUSED, MEDIA_RTSP_BUSY, MEDIA_RTSP_PROTOCOL, MEDIA_RTSP_TIMEOUT,
   * MEDIA_RTSP_ENDED, MEDIA_RTSP_NO_VIDEO; the reason of `keepTrying` when that aborts.
   */
  static async open(options: RtspSourceOptions): Promise<RtspSource> {
    const address = parseRtspAddress(options.url)
    const name = shownAddress(address.url)
    const { memory } = options
    const plan = new TransportPlan(address, options.transport)
    const opened = await openCamera({
      stream: { address, plan, tls: options.tls },
      name,
      recalled: await memory?.recall(name),
      keepTrying: options.keepTrying,
      clock: options.clock ?? systemClock,
      note: options.note ?? (() => undefined),
    })
    if (!opened.isRecalled) await memory?.keep(name, opened.description)
    return new RtspSource(options, opened, plan)
  }

  get description(): SourceDescription {
    return this.#description
  }

  get health(): SourceHealth {
    return this.#health.value
  }

  async *samples(signal: AbortSignal): AsyncGenerator<MediaSample, void, undefined> {
    for await (const sample of this.allSamples(signal)) {
      if (sample.track !== 'live-audio') yield sample
    }
  }

  allSamples(signal: AbortSignal): AsyncIterable<SourceSample> {
    if (this.#closed.signal.aborted) throw this.#closedError()
    const { url, tls } = this.#options
    return new StreamReading({
      stream: { address: parseRtspAddress(url), plan: this.#plan, tls },
      description: this.#description,
      health: this.#health,
      notices: this.#notices,
      signals: [signal, this.#closed.signal],
      keyFrame: data => this.#keep(data),
      ended: description => {
        if (description !== this.#description) this.#become(description)
      },
    })
  }

  forgetPictures(): void {
    this.#keyFrame = undefined
  }

  async snapshot(size: PictureSize, signal: AbortSignal): Promise<Uint8Array> {
    checkPictureSize(size)
    signal.throwIfAborted()
    if (this.#closed.signal.aborted) throw this.#closedError()
    const isFresh =
      this.#keyFrame !== undefined && this.#clock.now() - this.#keyFrame.takenAt <= FRESH_MS
    if (!isFresh) await this.#showKeyFrame(signal)
    const picture =
      this.#keyFrame &&
      (await keyFrameSnapshot(
        this.#options.ffmpeg,
        size,
        this.#keyFrame.description.video,
        this.#keyFrame.data,
        signal,
      ))
    return picture ?? noPicture(size)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
  }

  /**
   * Nobody reads just now: a moment of the stream is enough. A camera that has just refused us is not
   * asked each time that somebody wants a picture: many lock accounts.
   */
  async #showKeyFrame(signal: AbortSignal): Promise<void> {
    if (this.#refused !== undefined && this.#clock.now() < this.#refused.until)
      throw this.#refused.error
    try {
      for await (const { track, isSync } of this.samples(signal)) {
        if (track === 'video' && isSync) break
      }
      this.#backOff.reset()
    } catch (error) {
      const until = this.#clock.now() + this.#backOff.next(error)
      this.#refused = { until, error }
      throw error
    }
    signal.throwIfAborted()
  }

  /** The data stays as it is: each sample has its own. */
  #keep(data: Uint8Array): void {
    this.#keyFrame = { data, description: this.#description, takenAt: this.#clock.now() }
  }

  #become(description: SourceDescription): void {
    this.#description = description
    void this.#options.memory?.keep(description.name, description)
  }

  #closedError(): MediaError {
    return new MediaError('MEDIA_CLOSED', { source: this.#description.name })
  }
}
