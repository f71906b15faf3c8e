import {
  type Clock,
  LiveClock,
  type LiveFrame,
  LiveReceiver,
  RtpSender,
  SrtpSender,
} from '@hksv/media/live'
import {
  type AudioParameters,
  LipSync,
  type RtpEvent,
  type RtpFormat,
  type VideoParameters,
} from '@hksv/media/rtp'

import type { LiveChoice } from './choose-stream.ts'
import type { Endpoints, TrackEndpoint } from './endpoints.ts'
import { type LiveTrackReport, trackReport } from './live-report.ts'
import type { LiveSample } from './live-sample.ts'
import { audioFormat, videoFormat } from './media-format.ts'
import type { MediaSocket } from './media-socket.ts'

/** What a {@link LiveMedia} works with. */
export interface LiveMediaOptions {
  readonly clock: Clock
  readonly random: (length: number) => Uint8Array
  readonly choice: LiveChoice
  readonly endpoints: Endpoints
  readonly sockets: { readonly video: MediaSocket; readonly audio: MediaSocket }
  readonly ipVersion: 4 | 6
  readonly mtu: number
  /** As they were selected. */
  readonly video: Selected
  readonly audio: Selected | undefined
  /** Takes what was received, in the order of each track. */
  readonly deliver: (sample: LiveSample) => void
  /** The camera says that it ends. */
  readonly goodbye: () => void
  /** Called now and then, at least every half second. */
  readonly watch: (now: number) => void
}

const WATCH_MS = 500

/** What is common to both tracks in characteristic 117. */
interface Selected {
  readonly rtp: { readonly payloadType: number; readonly minRtcpIntervalSeconds: number }
}

interface Track {
  readonly socket: MediaSocket
  readonly receiver: LiveReceiver
  parameters?: VideoParameters | AudioParameters
}

/** The packets of one live view, both ways: it drives the receivers, and the sender of what is said. */
export class LiveMedia {
  readonly #options: LiveMediaOptions
  readonly #video: Track
  readonly #audio: Track | undefined
  /** Who reports on the sound and speaks has one context: both are one source. */
  readonly #audioSrtp: SrtpSender | undefined
  #speaker: RtpSender | undefined
  #nap = new AbortController()
  #wakesAt = Number.POSITIVE_INFINITY
  #startedAt = 0
  #isPaused = false
  #isOver = false

  constructor(options: LiveMediaOptions) {
    const { choice, endpoints, sockets, video, audio } = options
    this.#options = options
    const { srtp } = endpoints.audio
    this.#audioSrtp = srtp && new SrtpSender(srtp)
    const sync = new LipSync()
    const format = videoFormat(video.rtp.payloadType)
    this.#video = this.#track(sockets.video, endpoints.video, { format, sync, ...video })
    if (choice.audio === undefined || audio === undefined) return
    const heard = audioFormat(choice.audio, audio.rtp.payloadType)
    const more = { format: heard, sync, srtpSender: this.#audioSrtp, ...audio }
    this.#audio = this.#track(sockets.audio, endpoints.audio, more)
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
    for (const { receiver } of this.#tracks()) receiver.resumed(this.#options.clock.now())
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  requestKeyFrame(): void {
    this.#video.receiver.requestKeyFrame()
    this.#flush(this.#options.clock.now())
  }

  /** Sends sound to the camera. @throws RangeError after the end, and without sound. */
  speak(frame: LiveFrame): void {
    const now = this.#options.clock.now()
    this.#speaker ??= this.#newSpeaker()
    this.#speaker.send(frame, now)
    this.#flush(now)
    this.#wake()
  }

  /** How both tracks were so far. */
  reports(): { readonly video: LiveTrackReport; readonly audio?: LiveTrackReport } {
    const audio = this.#audio && trackReport(this.#audio.receiver, this.#startedAt)
    return {
      video: trackReport(this.#video.receiver, this.#startedAt),
      ...(audio && { audio }),
    }
  }

  /** Delivers what is complete, says goodbye, and closes the ports. */
  async end(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    const now = this.#options.clock.now()
    for (const track of this.#tracks()) {
      if (this.#isPaused) track.receiver.resumed(now)
      this.#take(track, track.receiver.end(now))
    }
    this.#speaker?.end(now)
    this.#flush(now)
    this.#nap.abort()
    const { video, audio } = this.#options.sockets
    await Promise.all([video.close(), audio.close()])
  }

  async #run(): Promise<void> {
    const { clock } = this.#options
    while (!this.#isOver) {
      const now = clock.now()
      for (const track of this.#tracks()) {
        if ((track.receiver.deadline() ?? Number.POSITIVE_INFINITY) <= now)
          this.#take(track, track.receiver.tick(now))
      }
      this.#flush(now)
      this.#options.watch(now)
      this.#nap = new AbortController()
      this.#wakesAt = Math.min(this.#deadline(), now + WATCH_MS)
      if (this.#isOver) return
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
  ): Track {
    const { ipVersion, mtu, endpoints, clock } = this.#options
    const { format, sync, rtp, srtpSender } = more
    const receiver = new LiveReceiver({
      ...{ format, sync, ssrc, peerSsrc, ipVersion, mtu },
      ...(srtp && { srtp }),
      ...(srtpSender && { srtpSender }),
      ...(peerSrtp && { peerSrtp }),
      reportIntervalMs: rtp.minRtcpIntervalSeconds * 1000,
    })
    const track: Track = { socket, receiver }
    socket.setPeer(endpoints.address, port)
    socket.listen(bytes => {
      if (this.#isOver) return
      const now = clock.now()
      this.#take(track, receiver.receive(bytes, now))
      this.#flush(now)
      this.#wake()
    })
    return track
  }

  #newSpeaker(): RtpSender {
    const { endpoints, choice, audio, ipVersion, mtu, random } = this.#options
    if (choice.audio === undefined || audio === undefined)
      throw new RangeError('this live view has no sound')
    const { codec, sampleRate } = choice.audio
    return new RtpSender({
      ...{ codec, ipVersion, mtu, random, timescale: sampleRate },
      payloadType: audio.rtp.payloadType,
      ssrc: endpoints.audio.ssrc,
      ...(this.#audioSrtp && { srtpSender: this.#audioSrtp }),
      ...(endpoints.audio.srtp && { srtp: endpoints.audio.srtp }),
      reportIntervalMs: audio.rtp.minRtcpIntervalSeconds * 1000,
      clock: new LiveClock(),
      unixTimeAtZeroMs: performance.timeOrigin,
    })
  }

  #take(track: Track, events: readonly RtpEvent[]): void {
    for (const event of events) {
      if (event.type === 'parameters') track.parameters = event.parameters
      else if (event.type === 'bye' && track === this.#video) this.#options.goodbye()
      else if (event.type === 'sample') {
        const sample = sampleOf(event.sample, track.parameters)
        if (sample !== undefined) this.#options.deliver(sample)
      }
    }
  }

  #flush(now: number): void {
    for (const { socket, receiver } of this.#tracks())
      for (let bytes = receiver.take(); bytes; bytes = receiver.take()) socket.send(bytes)
    const speaker = this.#speaker
    speaker?.tick(now)
    for (let bytes = speaker?.take(now); bytes; bytes = speaker?.take(now))
      this.#options.sockets.audio.send(bytes)
  }

  #tracks(): Track[] {
    return this.#audio === undefined ? [this.#video] : [this.#video, this.#audio]
  }

  #deadline(): number {
    const times = this.#tracks().map(({ receiver }) => receiver.deadline())
    const all = [...times, this.#speaker?.deadline()]
    return Math.min(...all.map(time => time ?? Number.POSITIVE_INFINITY))
  }

  /** Something is due earlier than it is slept for. */
  #wake(): void {
    if (this.#deadline() < this.#wakesAt) this.#nap.abort()
  }
}

function sampleOf(
  { data, decodeTime, isSync }: Extract<RtpEvent, { type: 'sample' }>['sample'],
  parameters: VideoParameters | AudioParameters | undefined,
): LiveSample | undefined {
  if (parameters === undefined) return undefined
  const copy = Uint8Array.from(data)
  return 'sps' in parameters
    ? { track: 'video', decodeTime, isSync, data: copy, parameters }
    : { track: 'audio', decodeTime, data: copy, parameters }
}
