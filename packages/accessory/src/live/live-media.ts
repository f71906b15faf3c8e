import type { SelectedAudioStream, SelectedVideoStream } from '@hksv/hap'
import type { LiveAudioFrame, MediaSample, SourceDescription, WantedStream } from '@hksv/media'
import { LiveClock, RtpSender, type RtpSenderEvent, type SrtpKey } from '@hksv/media/live'
import { isRtcp } from '@hksv/media/rtp'

import type { SampleListener, SourceReader } from '../camera/source-reader.ts'
import type { LiveSound } from '../live-audio/live-sound.ts'
import type { Log } from '../log.ts'
import type { DatagramSocket } from './datagram-socket.ts'
import type { Talk, TalkPath } from './talk.ts'
import { Thinning } from './thinning.ts'

/** Of characteristic 115 and 117. */
const OPUS = 3
/** Units a second of all times here. */
const CLOCK_RATE = 90_000
/** Between the pictures that a viewer begins with: quick, and no burst. */
const CATCH_UP_MS = 5
/** Of a source that begins anew: about a picture later than its last one. */
const GAP = CLOCK_RATE / 30

/** One of the two tracks of a live view: where it goes and how it is sealed. */
export interface LiveTrack {
  readonly socket: DatagramSocket
  readonly ssrc: number
  /** With what we seal, and with what the viewer does; nothing where nothing is protected. */
  readonly srtp: SrtpKey | undefined
  readonly peerSrtp: SrtpKey | undefined
}

/** What a {@link LiveMedia} works with. */
export interface LiveMediaOptions {
  readonly reader: SourceReader
  readonly sound: LiveSound
  /** Of a camera with a loudspeaker. */
  readonly talk: Talk | undefined
  /** Whether the microphone is muted now. */
  readonly isMicrophoneMuted: () => boolean
  readonly log: Log
  readonly random: (length: number) => Uint8Array
  readonly ipVersion: 4 | 6
  readonly video: LiveTrack
  readonly audio: LiveTrack
}

/** The time of a {@link LiveMedia}. */
export interface LivePace {
  now(): number
  /** There is something to send, or it is due earlier. */
  wake(): void
}

/** What a controller chose, checked: all that a start needs is there. */
export interface LiveSelection {
  readonly attributes: NonNullable<SelectedVideoStream['attributes']>
  readonly payloadType: number
  readonly rtp: NonNullable<SelectedVideoStream['rtp']>
  readonly audio: SelectedAudioStream | undefined
}

/** How the pictures arrive, as the viewer last reported. */
export interface ViewerReport {
  /** Of the whole live view; packets that came twice count against it. */
  readonly lostPackets: number
  readonly jitterMs: number
  /** Absent until the viewer has answered a sender report. */
  readonly roundTripMs?: number
}

/** Sends the pictures and the sound of a source to one viewer, from the newest key frame on. */
export class LiveMedia implements SampleListener {
  readonly #options: LiveMediaOptions
  readonly #pace: LivePace
  readonly #audioFormat: SelectedAudioStream | undefined
  readonly #video: RtpSender
  readonly #audio: RtpSender | undefined
  readonly #talk: TalkPath | undefined
  readonly #thinning: Thinning
  /** Pictures were left out: what comes before the next key frame cannot be decoded. */
  #isGap = false
  #thinnings = 0
  /** Pictures that wait, the oldest first. */
  #backlog: MediaSample[] = []
  #catchUpAt = 0
  #wanted: WantedStream
  #stop: (() => void) | undefined
  /** Of the source's video; nothing while that is none a viewer can see. */
  #timescale: number | undefined
  /** From the source's timeline to that of the viewer; nothing before the first key frame. */
  #shift: number | undefined
  #lastTime: number | undefined
  #firstPacketAt: number | undefined
  #viewerReport: ViewerReport | undefined

  constructor(selection: LiveSelection, options: LiveMediaOptions, pace: LivePace) {
    const { random, ipVersion, video, audio } = options
    const { rtp, payloadType, audio: heard } = selection
    this.#options = options
    this.#audioFormat = heard
    this.#pace = pace
    this.#wanted = wantedStream(selection)
    this.#thinning = new Thinning(rtp.maxBitRateKbps)
    const common = {
      ipVersion,
      random,
      clock: new LiveClock(),
      unixTimeAtZeroMs: performance.timeOrigin,
      ...(rtp.maxMtu !== undefined && { mtu: rtp.maxMtu }),
    }
    this.#video = new RtpSender({
      ...common,
      ...sealing(video),
      codec: 'h264',
      payloadType,
      timescale: CLOCK_RATE,
      reportIntervalMs: rtp.minRtcpIntervalSeconds * 1000,
    })
    video.socket.listen(bytes => this.#heed(this.#video.receive(bytes, this.#pace.now())))
    if (heard === undefined) return
    const sender = new RtpSender({
      ...common,
      ...sealing(audio),
      codec: heard.codec === OPUS ? 'opus' : 'aac-eld',
      payloadType: heard.rtp.payloadType,
      timescale: sampleRate(heard),
      reportIntervalMs: heard.rtp.minRtcpIntervalSeconds * 1000,
    })
    this.#audio = sender
    const isSpoken = heard.codec === OPUS
    const talk = isSpoken ? options.talk?.open(audio, heard.rtp.payloadType) : undefined
    this.#talk = talk
    audio.socket.listen(bytes => {
      if (isRtcp(bytes)) sender.receive(bytes, this.#pace.now())
      else talk?.receive(bytes)
    })
  }

  /** When the viewer was last heard. */
  get lastRtcpAt(): number | undefined {
    const times = [this.#video, this.#audio].flatMap(each => each?.statistics.lastRtcpAt ?? [])
    return times.length === 0 ? undefined : Math.max(...times)
  }

  /** Packets of both tracks, and bytes of their payloads, so far. */
  get sent(): { readonly packets: number; readonly bytes: number } {
    const [video, audio] = [this.#video.statistics, this.#audio?.statistics]
    return {
      packets: video.packets + (audio?.packets ?? 0),
      bytes: video.octets + (audio?.octets ?? 0),
    }
  }

  /** When the first packet left. */
  get firstPacketAt(): number | undefined {
    return this.#firstPacketAt
  }

  /** What the viewer said last of the pictures. */
  get viewerReport(): ViewerReport | undefined {
    return this.#viewerReport
  }

  /** How often key frames had to go alone. */
  get thinnings(): number {
    return this.#thinnings
  }

  /** Begins to send, or goes on after {@link LiveMedia.pause}. */
  play(): void {
    if (this.#stop !== undefined) return
    const { reader, sound } = this.#options
    const heard = this.#audioFormat
    const stopVideo = reader.listen(this, this.#wanted)
    const stopAudio =
      heard === undefined
        ? undefined
        : sound.listen({ format: audioFormat(heard), wanted: this.#wanted }, frame =>
            this.#hear(frame),
          )
    this.#stop = () => {
      stopVideo()
      stopAudio?.()
    }
  }

  /** Sends no media until it plays again. */
  pause(): void {
    this.#stop?.()
    this.#stop = undefined
    this.ended()
  }

  /** Takes another size or bit rate: another encoding of the source may fit better. */
  reconfigure(selection: LiveSelection): void {
    this.#video.setReportInterval(selection.rtp.minRtcpIntervalSeconds * 1000)
    const { reader } = this.#options
    const before = reader.encodingFor(this.#wanted)
    this.#wanted = wantedStream(selection)
    this.#thinning.maxKbps = selection.rtp.maxBitRateKbps
    if (this.#stop === undefined || reader.encodingFor(this.#wanted) === before) return
    this.pause()
    this.play()
  }

  began({ video }: SourceDescription): void {
    this.ended()
    this.#timescale = undefined
    if (video.codec !== 'h264') {
      this.#options.log.warn('Live views show H.264 alone; the source has H.265.')
      return
    }
    this.#timescale = video.timescale
    this.#video.setParameterSets([...video.sps, ...video.pps])
  }

  recent(pictures: readonly MediaSample[]): void {
    this.#backlog = [...pictures]
    this.#pace.wake()
  }

  sample(sample: MediaSample): void {
    if (sample.track !== 'video') return
    if (this.#backlog.length === 0) this.#show(sample)
    else this.#backlog.push({ ...sample, data: Uint8Array.from(sample.data) })
    this.#pace.wake()
  }

  ended(): void {
    this.#backlog = []
    this.#shift = undefined
  }

  /** Sends what is due. */
  work(now: number): void {
    if (this.#backlog.length > 0 && now >= this.#catchUpAt) {
      this.#catchUpAt = now + CATCH_UP_MS
      const next = this.#backlog.shift()
      if (next !== undefined) this.#show(next)
    }
    this.#flush(now)
  }

  /** When to call {@link LiveMedia.work} next. */
  get deadline(): number {
    const catchUpAt = this.#backlog.length > 0 ? this.#catchUpAt : Number.POSITIVE_INFINITY
    const senders = [this.#video, this.#audio].flatMap(each => each?.deadline() ?? [])
    return Math.min(catchUpAt, ...senders)
  }

  /** Says goodbye. */
  end(now: number): void {
    this.pause()
    this.#video.end(now)
    this.#audio?.end(now)
    this.#talk?.end()
    this.#flush(now)
  }

  #show({ decodeTime, compositionTimeOffset = 0, isSync, data }: MediaSample): void {
    if (this.#timescale === undefined) return
    const now = this.#pace.now()
    this.#thinning.count(data.length, now)
    const isLeftOut = !isSync && (this.#isGap || this.#thinning.isThin(now))
    this.#isGap = isLeftOut
    if (isLeftOut) return
    const scale = CLOCK_RATE / this.#timescale
    const time = Math.round((decodeTime + compositionTimeOffset) * scale)
    if (this.#shift === undefined) {
      if (!isSync) return
      this.#shift = this.#lastTime === undefined ? 0 : this.#lastTime + GAP - time
    }
    this.#lastTime = time + this.#shift
    this.#video.send({ decodeTime: this.#lastTime, isSync, data }, now)
  }

  #hear({ decodeTime, data }: LiveAudioFrame): void {
    const heard = this.#audioFormat
    if (heard === undefined || this.#shift === undefined) return
    if (this.#options.isMicrophoneMuted()) return
    const shift = Math.round((this.#shift * sampleRate(heard)) / CLOCK_RATE)
    this.#audio?.send({ decodeTime: decodeTime + shift, data }, this.#pace.now())
    this.#pace.wake()
  }

  /**
   * Lost pictures and key frames that are asked for are not made up for: the source has its own pace.
   * Whoever takes their leave is sent nothing more; the command that ends the live view follows.
   */
  #heed(events: readonly RtpSenderEvent[]): void {
    for (const event of events) {
      if (event.type === 'goodbye') this.pause()
      if (event.type !== 'reception-report') continue
      const { report, roundTripMs } = event
      this.#thin(report.fractionLost)
      this.#viewerReport = {
        lostPackets: report.cumulativeLost,
        jitterMs: Math.round((report.jitter * 1000) / CLOCK_RATE),
        ...(roundTripMs !== undefined && { roundTripMs: Math.round(roundTripMs) }),
      }
    }
  }

  #thin(fractionLost: number): void {
    if (!this.#thinning.report(fractionLost, this.#pace.now())) return
    this.#thinnings++
    const { maxKbps, bitRate } = this.#thinning
    this.#options.log.info(
      `A viewer asked for ${maxKbps} kbit/s, the source has ${Math.round(bitRate / 1000)}, and packets are lost: only key frames are sent for a while.`,
    )
  }

  #flush(now: number): void {
    const { video, audio } = this.#options
    if (this.#firstPacketAt === undefined && this.#video.statistics.packets > 0) {
      this.#firstPacketAt = now
    }
    send(this.#video, video.socket, now)
    if (this.#audio !== undefined) send(this.#audio, audio.socket, now)
  }
}

function send(sender: RtpSender, socket: DatagramSocket, now: number): void {
  sender.tick(now)
  for (let bytes = sender.take(now); bytes !== undefined; bytes = sender.take(now)) {
    socket.send(bytes)
  }
}

function sealing({ ssrc, srtp, peerSrtp }: LiveTrack) {
  return { ssrc, ...(srtp && { srtp }), ...(peerSrtp && { peerSrtp }) }
}

function wantedStream({ attributes, rtp }: LiveSelection): WantedStream {
  const { width, height, frameRate } = attributes
  const bitRateKbps = rtp.maxBitRateKbps
  return { video: { codec: 'h264', width, height, framesPerSecond: frameRate, bitRateKbps } }
}

function audioFormat(audio: SelectedAudioStream) {
  return {
    codec: audio.codec === OPUS ? 'opus' : 'aac-eld',
    sampleRate: sampleRate(audio),
    packetTimeMs: audio.parameters.packetTimeMs,
    bitRateKbps: audio.rtp.maxBitRateKbps,
  } as const
}

function sampleRate({ parameters }: SelectedAudioStream): number {
  return [8000, 16_000, 24_000][parameters.sampleRate] ?? 16_000
}
