import { type Clock, type LiveFrame, systemClock } from '@hksv/media/live'

import type { AccessoryClient } from '../accessory-client.ts'
import { HubError, isHubError } from '../errors.ts'
import {
  chooseStream,
  type LiveChoice,
  type LiveWishes,
  selectedAudio,
  selectedVideo,
} from './choose-stream.ts'
import { LiveMedia } from './live-media.ts'
import { isGood, type LiveEnd, type LiveReport } from './live-report.ts'
import type { LiveSample } from './live-sample.ts'
import { SampleQueue } from './sample-queue.ts'
import { type SetUp, setUpLiveView } from './set-up.ts'
import { writeCommand } from './stream-control.ts'
import { StreamWatch } from './stream-watch.ts'

/** What to look at, and for how long. */
export interface LiveOptions extends LiveWishes {
  /** Whether sound is delivered; it is selected in any case, as home hubs do. True unless given. */
  readonly audio?: boolean
  /** Ends the live view when it aborts; the loop throws its reason. */
  readonly signal?: AbortSignal
  /** The time of the process unless given. */
  readonly clock?: Clock
}

/**
 * Looks at a camera live, as a phone does: iterate over it for pictures and sound, leave the loop to end
 * it, and read {@link end} and {@link report} afterwards. What the camera sends is held against
 * `liveRules`. Samples wait up to 8 MiB for the loop; a slower one misses pictures, up to a key frame.
 *
 * @example
 * const view = await LiveView.open(client, { width: 1280, height: 720 })
 * for await (const sample of view) {
 *   if (sample.track === 'video') console.log(sample.decodeTime, sample.data.length)
 *   if (sample.decodeTime > 10 * 90_000) break
 * }
 * console.log(view.report().video.findings)
 */
export class LiveView {
  readonly #client: AccessoryClient
  readonly #setUp: SetUp
  readonly #options: LiveOptions
  readonly #clock: Clock
  readonly #media: LiveMedia
  readonly #queue = new SampleQueue()
  readonly #watch = new StreamWatch()
  readonly #connectionLost: () => void
  readonly #cancelled = () => this.#over({ by: 'hub', reason: 'cancelled' })
  #choice: LiveChoice
  #end: LiveEnd | undefined
  #endedAt: number | undefined
  #closing: Promise<void> | undefined

  private constructor(client: AccessoryClient, setUp: SetUp, options: LiveOptions) {
    const { clock = systemClock, audio: isHeard = true } = options
    const { choice, endpoints, mtu } = setUp
    this.#client = client
    this.#setUp = setUp
    this.#options = options
    this.#clock = clock
    this.#choice = choice
    this.#connectionLost = () => {
      const { reason } = client.signal
      const why = reason instanceof Error ? reason.message : String(reason)
      this.#over({ by: 'connection', reason: why })
    }
    const audio = selectedAudio(choice, endpoints.audio.ssrc)
    this.#media = new LiveMedia({
      ...setUp,
      clock,
      random: length => client.crypto.random(length),
      video: selectedVideo(choice, { ssrc: endpoints.video.ssrc, mtu }),
      audio,
      deliver: sample => {
        if (sample.track === 'audio' && !isHeard) return
        if (!this.#queue.push(sample)) this.requestKeyFrame()
      },
      goodbye: () => this.#watch.goodbye(clock.now()),
      watch: now => {
        const end = this.#watch.check(now, this.#media.lastPacketAt)
        if (end !== undefined) this.#over(end)
      },
    })
  }

  /**
   * Begins to look: finds a stream service that is free, sets it up with keys of its own, selects the best
   * that is offered or what is nearest to the wishes, and starts.
   *
   * @throws HubError `HUB_LIVE_BUSY`, `HUB_LIVE_REFUSED`, `HUB_NO_CAMERA`, `HUB_PROTOCOL`, and those of the
   * connection; the reason of `signal`
   */
  static async open(client: AccessoryClient, options: LiveOptions = {}): Promise<LiveView> {
    const { signal } = options
    signal?.throwIfAborted()
    const setUp = await setUpLiveView(client, options)
    const view = new LiveView(client, setUp, options)
    try {
      signal?.throwIfAborted()
      await view.#start()
      return view
    } catch (error) {
      await view.close()
      throw error
    }
  }

  /** What was selected, by the last {@link reconfigure} if there was one. */
  get choice(): LiveChoice {
    return this.#choice
  }

  /** How it ended; undefined while it runs. */
  get end(): LiveEnd | undefined {
    return this.#end
  }

  /** What came so far, in numbers, and the rules that were broken. */
  report(): LiveReport {
    const { video, audio } = this.#media.reports()
    const now = this.#endedAt ?? this.#clock.now()
    return {
      choice: this.#choice,
      durationMs: now - this.#media.startedAt,
      video,
      ...(audio && { audio }),
      untaken: this.#queue.dropped,
      isGood: isGood(video) && (audio === undefined || isGood(audio)),
      ...(this.#end && { end: this.#end }),
    }
  }

  /**
   * Pictures and sound as they come. Ends when the camera or the connection does; leaving it ends the view.
   *
   * @throws HubError `HUB_NO_MEDIA` when no packet ever came; the reason of the signal
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<LiveSample, void, void> {
    const { signal } = this.#options
    try {
      for (;;) {
        const sample = await this.#queue.take(signal)
        if (sample === undefined) break
        yield sample
      }
      this.#checkMedia()
    } finally {
      await this.close()
    }
  }

  /** Asks for a key frame, by a PLI. Cameras may ignore it. */
  requestKeyFrame(): void {
    if (this.#end === undefined) this.#media.requestKeyFrame()
  }

  /**
   * Asks for another size, frame rate or bit rate of the pictures.
   *
   * @throws HubError `HUB_LIVE_REFUSED`, and those of the connection
   */
  async reconfigure(wishes: Omit<LiveWishes, 'srtp'>): Promise<void> {
    const { offer, endpoints, mtu } = this.#setUp
    const { suite, video } = this.#choice
    const { bitRateKbps: _, ...before } = video
    const choice = chooseStream(offer, { ...before, ...wishes, srtp: suite })
    const { attributes, rtp } = selectedVideo(choice, { ssrc: endpoints.video.ssrc, mtu })
    await this.#write('reconfigure', { video: { ...(attributes && { attributes }), rtp } })
    this.#choice = choice
  }

  /** Asks the camera to send nothing until {@link resume}. @throws HubError As {@link reconfigure}. */
  async suspend(): Promise<void> {
    await this.#write('suspend')
    this.#watch.pause()
    this.#media.pause()
  }

  /** Lets the camera go on. @throws HubError As {@link reconfigure}. */
  async resume(): Promise<void> {
    // Packets may be quicker than the answer.
    this.#watch.expect(this.#clock.now())
    this.#media.resume()
    try {
      await this.#write('resume')
    } catch (error) {
      this.#watch.pause()
      this.#media.pause()
      throw error
    }
  }

  /**
   * Sends a frame of sound to the camera, as it was selected: `decodeTime` counts in units of
   * `choice.audio.sampleRate`. It is sent at once, so that the caller keeps the pace.
   *
   * @throws HubError `HUB_NO_SPEAKER`
   */
  speak(frame: Pick<LiveFrame, 'decodeTime' | 'data'>): void {
    if (this.#end !== undefined) return
    const { database } = this.#client
    const { aid } = this.#setUp.service
    const hasSpeaker = database.all('speaker').some(each => each.aid === aid)
    if (!hasSpeaker || this.#choice.audio === undefined) throw new HubError('HUB_NO_SPEAKER')
    this.#media.speak(frame)
  }

  /** Ends it, if it runs: the camera is told, and the ports are closed when this resolves. */
  close(): Promise<void> {
    this.#over({ by: 'hub', reason: 'closed' })
    return this.#closing ?? Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #start(): Promise<void> {
    const { choice, endpoints, mtu } = this.#setUp
    const audio = selectedAudio(choice, endpoints.audio.ssrc)
    const { signal } = this.#client
    signal.addEventListener('abort', this.#connectionLost)
    this.#options.signal?.addEventListener('abort', this.#cancelled)
    if (signal.aborted) this.#connectionLost()
    this.#watch.expect(this.#clock.now())
    this.#media.start()
    const video = selectedVideo(choice, { ssrc: endpoints.video.ssrc, mtu })
    await this.#write('start', { video, ...(audio && { audio }) })
  }

  #write(
    name: Parameters<typeof writeCommand>[2],
    selection?: Parameters<typeof writeCommand>[3],
  ): Promise<void> {
    return writeCommand(this.#client, this.#setUp, name, selection)
  }

  #over(end: LiveEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#endedAt = this.#clock.now()
    this.#client.signal.removeEventListener('abort', this.#connectionLost)
    this.#options.signal?.removeEventListener('abort', this.#cancelled)
    this.#closing = this.#finish()
  }

  async #finish(): Promise<void> {
    const ending = this.#client.signal.aborted ? undefined : this.#write('end')
    await this.#media.end()
    this.#queue.end()
    try {
      await ending
    } catch (error) {
      // It has ended already: the camera did, or the connection.
      if (!isHubError(error) && !this.#client.signal.aborted) throw error
    }
  }

  #checkMedia(): void {
    if (this.#end?.by !== 'camera' || this.#media.lastPacketAt !== undefined) return
    throw new HubError('HUB_NO_MEDIA', {
      message:
        'The camera started the live view and sent nothing. Look at its source, and whether UDP passes between it and this machine.',
    })
  }
}
