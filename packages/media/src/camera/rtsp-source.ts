import type { MediaSample } from '@hksv/fmp4'

import { readAsset } from '../assets.ts'
import { type Clock, systemClock } from '../clock.ts'
import { MediaError } from '../errors.ts'
import { parseRtspAddress } from '../rtsp/address.ts'
import type { RtspConnectionOptions } from '../rtsp/connection.ts'
import { keyFrameSnapshot } from '../snapshot/key-frame-snapshot.ts'
import type { MediaSource, PictureSize, SourceDescription, SourceSample } from '../source.ts'
import { receiveStream } from './receive-stream.ts'
import { SampleQueue } from './sample-queue.ts'
import type { StreamEvent } from './stream-receiver.ts'

/** How an {@link RtspSource} is opened. */
export interface RtspSourceOptions extends Pick<RtspConnectionOptions, 'transport' | 'tls'> {
  /** With user and password, if the camera asks for them. */
  readonly url: string
  /** Name or path of ffmpeg, which makes pictures of key frames. */
  readonly ffmpeg: string
  /** The time of the process unless told. */
  readonly clock?: Clock
}

/** A camera has so long to show its first key frame when it is opened. */
const OPEN_MS = 15_000
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
  readonly #closed = new AbortController()
  #description: SourceDescription
  #keyFrame: KeyFrame | undefined

  private constructor(
    options: RtspSourceOptions,
    description: SourceDescription,
    warnings: readonly string[],
    unusedSound: string | undefined,
  ) {
    this.#options = options
    this.unusedSound = unusedSound
    this.#clock = options.clock ?? systemClock
    this.#description = description
    this.warnings = warnings
  }

  /**
   * Connects once, to see what the camera sends.
   * @throws MediaError MEDIA_RTSP_ADDRESS, MEDIA_RTSP_UNREACHABLE, MEDIA_RTSP_CERTIFICATE,
   * MEDIA_RTSP_AUTH, MEDIA_RTSP_REFUSED, MEDIA_RTSP_PROTOCOL, MEDIA_RTSP_TIMEOUT, MEDIA_RTSP_ENDED,
   * MEDIA_RTSP_NO_VIDEO
   */
  static async open(options: RtspSourceOptions): Promise<RtspSource> {
    const name = parseRtspAddress(options.url).url
    const stop = AbortSignal.timeout(OPEN_MS)
    const warnings: string[] = []
    let described: SourceDescription | undefined
    let unusedSound: string | undefined
    const done = new AbortController()
    await receiveStream(options, AbortSignal.any([stop, done.signal]), {
      event: event => {
        if (event.type !== 'described') return
        described = descriptionOf(name, event)
        done.abort()
      },
      unused: codec => {
        unusedSound = codec
        warnings.push(
          `The sound of the camera (${codec}) is not AAC and is recorded as silence; choose AAC in its settings.`,
        )
      },
    })
    if (described === undefined) {
      throw new MediaError('MEDIA_RTSP_TIMEOUT', { source: name, detail: 'it shows no key frame' })
    }
    return new RtspSource(options, described, warnings, described.audio ? undefined : unusedSound)
  }

  get description(): SourceDescription {
    return this.#description
  }

  async *samples(signal: AbortSignal): AsyncGenerator<MediaSample, void, undefined> {
    for await (const sample of this.allSamples(signal)) {
      if (sample.track !== 'live-audio') yield sample
    }
  }

  async *allSamples(signal: AbortSignal): AsyncGenerator<SourceSample, void, undefined> {
    if (this.#closed.signal.aborted) throw this.#closedError()
    const queue = new SampleQueue()
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal, this.#closed.signal])
    const received = receiveStream(this.#options, either, {
      event: event => {
        if (!this.#take(event, queue)) stop.abort()
      },
      unused: () => undefined,
    })
    received.then(
      () => queue.end(),
      (error: unknown) => queue.end(error),
    )
    try {
      for await (const sample of queue) {
        if (signal.aborted) return
        yield sample
      }
    } finally {
      stop.abort()
      await received.catch(() => undefined)
    }
  }

  async snapshot(size: PictureSize, signal: AbortSignal): Promise<Uint8Array> {
    const { width, height } = size
    if (![width, height].every(side => Number.isInteger(side) && side >= 16 && side <= 8192))
      throw new RangeError(`a picture cannot be ${width}x${height}`)
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
    return picture ?? (await readAsset('no-picture.jpg'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
  }

  /** Nobody reads just now: a moment of the stream is enough. */
  async #showKeyFrame(signal: AbortSignal): Promise<void> {
    for await (const { track, isSync } of this.samples(signal)) {
      if (track === 'video' && isSync) return
    }
    signal.throwIfAborted()
  }

  /** @returns Whether what comes still fits what went before. */
  #take(event: StreamEvent, queue: SampleQueue): boolean {
    if (event.type === 'described') {
      const next = descriptionOf(this.#description.name, event)
      if (isSameMedia(next, this.#description)) return true
      this.#description = next
      return false
    }
    if (event.type === 'sample') {
      const { sample } = event
      if (sample.track === 'video' && sample.isSync) {
        const data = Buffer.from(sample.data)
        const description = this.#description
        this.#keyFrame = { data, description, takenAt: this.#clock.now() }
      }
      queue.push(sample)
    }
    return true
  }

  #closedError(): MediaError {
    return new MediaError('MEDIA_CLOSED', { source: this.#description.name })
  }
}

function descriptionOf(
  name: string,
  { video, audio, liveAudio }: Extract<StreamEvent, { type: 'described' }>,
): SourceDescription {
  return { name, video, ...(audio && { audio }), ...(liveAudio && { liveAudio }) }
}

/** Whether one init segment fits both. */
function isSameMedia(one: SourceDescription, other: SourceDescription): boolean {
  const sets = ({ video }: SourceDescription) => [
    ...(video.codec === 'h265' ? video.vps : []),
    ...video.sps,
    ...video.pps,
  ]
  const [ours, theirs] = [sets(one), sets(other)]
  return (
    one.video.codec === other.video.codec &&
    ours.length === theirs.length &&
    ours.every((set, i) => Buffer.from(set).equals(theirs[i] ?? new Uint8Array()))
  )
}
