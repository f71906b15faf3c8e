import { type Clock, LiveClock, type LiveFrame, RtpSender, SrtpSender } from '@hksv/media/live'
import { LipSync, type RtpFormat } from '@hksv/media/rtp'

import type { TrackEndpoint } from './endpoints.ts'
import { type LiveTrackReport, trackReport } from './live-report.ts'
import { LiveTrack, type TrackListener } from './live-track.ts'
import { audioFormat, videoFormat } from './media-format.ts'
import type { MediaSocket } from './media-socket.ts'
import type { SetUp } from './set-up.ts'

/** What a {@link LiveMedia} works with. */
export interface LiveMediaOptions extends TrackListener, Omit<SetUp, 'service' | 'offer'> {
  readonly clock: Clock
  readonly random: (length: number) => Uint8Array
  /** As they were selected. */
  readonly video: Selected
  readonly audio: Selected | undefined
  /** Called now and then, at least every half second. */
  readonly watch: (now: number) => void
}

/** What is common to both tracks in characteristic 117. */
interface Selected {
  readonly rtp: { readonly payloadType: number; readonly minRtcpIntervalSeconds: number }
}

const WATCH_MS = 500

/** The packets of one live view, both ways: it drives the receivers, and the sender of what is said. */
export class LiveMedia {
  readonly #options: LiveMediaOptions
  readonly #video: LiveTrack
  readonly #audio: LiveTrack | undefined
  readonly #tracks: readonly LiveTrack[]
  /** Who reports on the sound and speaks has one context: both are one source. */
  readonly #audioSrtp: SrtpSender | undefined
  #speaker: RtpSender | undefined
  #nap = new AbortController()
  #wakesAt = Number.POSITIVE_INFINITY
  #startedAt = 0
  #isPaused = false
  #isOver = false

  constructor(options: LiveMediaOptions) {
    const { choice, endpoints, sockets, video, audio, deliver } = options
    this.#options = options
    const { srtp } = endpoints.audio
    this.#audioSrtp = srtp && new SrtpSender(srtp)
    const sync = new LipSync()
    const format = videoFormat(video.rtp.payloadType)
    this.#video = this.#track(sockets.video, endpoints.video, { ...video, format, sync }, options)
    if (choice.audio !== undefined && audio !== undefined) {
      const heard = audioFormat(choice.audio, audio.rtp.payloadType)
      const more = { ...audio, format: heard, sync, srtpSender: this.#audioSrtp }
      // What the sound's encoder says does not end the pictures.
      const listener = { deliver, goodbye: () => undefined }
      this.#audio = this.#track(sockets.audio, endpoints.audio, more, listener)
    }
    this.#tracks = this.#audio === undefined ? [this.#video] : [this.#video, this.#audio]
  }

  /** When the last packet of the pictures came, on the clock; undefined before the first. */
  get lastPacketAt(): number | undefined {
    return this.#video.receiver.quality.lastPacketAt
  }

  get startedAt(): number {
    return this.#startedAt
  }

  /** Receives from now on. Call it before the camera is told to start: its packets may be quicker. */
  start(): void {
    this.#startedAt = this.#options.clock.now()
    this.#video.receiver.started(this.#startedAt)
    void this.#run()
  }

  /** Nothing is expected until {@link resume}. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    for (const { receiver } of this.#tracks) receiver.resumed(this.#options.clock.now())
  }

  requestKeyFrame(): void {
    this.#video.receiver.requestKeyFrame()
    this.#video.flush()
  }

  /** Sends sound to the camera. @throws RangeError after the end, and without sound. */
  speak(frame: LiveFrame): void {
    const now = this.#options.clock.now()
    this.#speaker ??= this.#newSpeaker()
    this.#speaker.send(frame, now)
    this.#sendSpeech(now)
    this.#wake()
  }

  /** How both tracks were so far. */
  reports(): { readonly video: LiveTrackReport; readonly audio?: LiveTrackReport } {
    const audio = this.#audio && trackReport(this.#audio.receiver, this.#startedAt)
    const video = trackReport(this.#video.receiver, this.#startedAt)
    return { video, ...(audio && { audio }) }
  }

  /** Delivers what is complete, says goodbye, and closes the ports. */
  async end(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    const now = this.#options.clock.now()
    for (const track of this.#tracks) {
      if (this.#isPaused) track.receiver.resumed(now)
      track.end(now)
    }
    this.#speaker?.end(now)
    this.#sendSpeech(now)
    this.#nap.abort()
    const { video, audio } = this.#options.sockets
    await Promise.all([video.close(), audio.close()])
  }

  async #run(): Promise<void> {
    const { clock, watch } = this.#options
    while (!this.#isOver) {
      const now = clock.now()
      for (const track of this.#tracks) track.work(now)
      this.#sendSpeech(now)
      watch(now)
      if (this.#isOver) return
      this.#nap = new AbortController()
      this.#wakesAt = Math.min(this.#deadline(), now + WATCH_MS)
      await clock.sleepUntil(this.#wakesAt, this.#nap.signal)
    }
  }

  #track(
    socket: MediaSocket,
    { port, peerSsrc, ssrc, srtp, peerSrtp }: TrackEndpoint,
    more: Selected & {
      readonly format: RtpFormat
      readonly sync: LipSync
      readonly srtpSender?: SrtpSender | undefined
    },
    listener: TrackListener,
  ): LiveTrack {
    const { ipVersion, mtu, endpoints, clock } = this.#options
    const { format, sync, rtp, srtpSender } = more
    const options = {
      ...{ format, sync, ssrc, peerSsrc, ipVersion, mtu },
      ...(srtp && { srtp }),
      ...(srtpSender && { srtpSender }),
      ...(peerSrtp && { peerSrtp }),
      reportIntervalMs: rtp.minRtcpIntervalSeconds * 1000,
    }
    const track = new LiveTrack(socket, options, listener)
    socket.setPeer(endpoints.address, port)
    socket.listen(bytes => {
      if (this.#isOver) return
      track.receive(bytes, clock.now())
      this.#wake()
    })
    return track
  }

  #newSpeaker(): RtpSender {
    const { endpoints, choice, audio, ipVersion, mtu, random } = this.#options
    if (choice.audio === undefined || audio === undefined)
      throw new RangeError('this live view has no sound')
    const { codec, sampleRate } = choice.audio
    const { ssrc, srtp } = endpoints.audio
    return new RtpSender({
      ...{ codec, ipVersion, mtu, random, ssrc, timescale: sampleRate },
      payloadType: audio.rtp.payloadType,
      ...(this.#audioSrtp && { srtpSender: this.#audioSrtp }),
      ...(srtp && { srtp }),
      reportIntervalMs: audio.rtp.minRtcpIntervalSeconds * 1000,
      clock: new LiveClock(),
      unixTimeAtZeroMs: performance.timeOrigin,
    })
  }

  #sendSpeech(now: number): void {
    const speaker = this.#speaker
    speaker?.tick(now)
    for (let bytes = speaker?.take(now); bytes; bytes = speaker?.take(now))
      this.#options.sockets.audio.send(bytes)
  }

  #deadline(): number {
    const times = this.#tracks.map(({ deadline }) => deadline)
    return Math.min(...times, this.#speaker?.deadline() ?? Number.POSITIVE_INFINITY)
  }

  /** Something is due earlier than it is slept for. */
  #wake(): void {
    if (this.#deadline() < this.#wakesAt) this.#nap.abort()
  }
}
