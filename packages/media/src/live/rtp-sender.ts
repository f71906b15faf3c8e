import { isRtcp, uint32At } from '../rtp/packet.ts'
import { parseRtcp } from '../rtp/rtcp.ts'
import { SrtpReceiver } from '../srtp/srtp-receiver.ts'
import { SrtpSender } from '../srtp/srtp-sender.ts'
import { maxPayloadLength } from './datagram.ts'
import { type RtpSenderEvent, senderEvent } from './events.ts'
import { LiveClock } from './live-clock.ts'
import { PacketQueue } from './packet-queue.ts'
import { PacketWriter } from './packet-writer.ts'
import { packetize } from './packetize.ts'
import type { RtpSenderOptions } from './rtp-sender-options.ts'

/** A frame of a source: a `MediaSample` of it, or a frame of `LiveAudio`. */
export interface LiveFrame {
  /** In units of the timescale; an integer. Video and audio of a viewer count from one zero. */
  readonly decodeTime: number
  /** When it is shown, counted from there; 0 unless told. */
  readonly compositionTimeOffset?: number
  /** Video: whether it is a key frame; parameter sets go before it. */
  readonly isSync?: boolean
  /** Video: NAL units behind lengths of 4 bytes. Audio: one packet of Opus, or one frame of AAC. Copied. */
  readonly data: Uint8Array
}

/** What was sent so far, and when the other side was heard. */
export interface RtpSenderStatistics {
  /** Packets of RTP, sent or queued. */
  readonly packets: number
  /** Bytes of their payloads. */
  readonly octets: number
  readonly frames: number
  /** Frames of audio that are too long for a packet, and empty frames. */
  readonly dropped: number
  /** When RTCP of the other side came last; undefined before. */
  readonly lastRtcpAt: number | undefined
}

/** Of HomeKit, when 0 is negotiated. */
const defaultReportIntervalMs = 500
/** Before a second frame tells: one of 30 a second. */
const firstIntervalMs = 33
const maxIntervalMs = 100
const none: readonly Uint8Array[] = []

/**
 * Sends one track of a live stream: frames in, datagrams out, RTP and RTCP to the same port. It owns no
 * socket, timer or clock. All `now` are in ms and never go back.
 *
 * 1. `send` each frame when it comes.
 * 2. `receive` each datagram of the other side. RTP, which is sound in the other direction, is ignored.
 * 3. `take` after each call: a datagram to be sent now, until nothing comes.
 * 4. `tick` at `deadline`: packets were held back so that they are no burst, or a report is due.
 * 5. `end` when the stream is over: what waits is dropped, and BYE is said.
 *
 * Timestamps begin anywhere and only go forward: a frame that is not shown after the one before it is moved
 * one unit behind that. Live views have no B frames.
 * @see RFC 3550, RFC 3711
 * @example
 * ```ts
 * sender.send(sample, now)
 * for (let bytes = sender.take(now); bytes; bytes = sender.take(now)) socket.send(bytes, port, host)
 * ```
 */
export class RtpSender {
  readonly #options: RtpSenderOptions
  readonly #clockRate: number
  readonly #maxPayload: number
  readonly #writer: PacketWriter
  readonly #queue = new PacketQueue()
  readonly #clock: LiveClock
  readonly #peer: SrtpReceiver | undefined
  /** Timestamp of the zero of the source's timeline. */
  readonly #firstTimestamp: number
  readonly #reports: Uint8Array[] = []
  #parameterSets: readonly Uint8Array[]
  #reportIntervalMs: number
  #reportAt: number | undefined
  #lastRtcpAt: number | undefined
  /** When the last frame is shown, in units of the clock rate. */
  #lastTime: number | undefined
  #isEnded = false
  #frames = 0
  #dropped = 0

  /** @throws RangeError for keys of the wrong length, and an MTU without room for a payload. */
  constructor(options: RtpSenderOptions) {
    const { codec, timescale, random, srtp, peerSrtp, payloadType, ssrc, cname = 'hksv' } = options
    this.#options = options
    const isVideo = codec === 'h264' || codec === 'h265'
    this.#clockRate = options.clockRate ?? (isVideo ? 90_000 : timescale)
    this.#maxPayload = maxPayloadLength(options, srtp)
    if (this.#maxPayload < 16) throw new RangeError('an MTU without room for a payload')
    // The first sequence number is in the lower half, so that both sides count its wraps alike.
    const sequenceNumber = uint32At(random(4), 0) & 0x7fff
    const protector = options.srtpSender ?? (srtp && new SrtpSender(srtp))
    this.#writer = new PacketWriter({ payloadType, ssrc, cname, srtp: protector, sequenceNumber })
    this.#firstTimestamp = uint32At(random(4), 0)
    this.#clock = options.clock ?? new LiveClock()
    this.#peer = peerSrtp && new SrtpReceiver(peerSrtp)
    this.#parameterSets = options.parameterSets ?? none
    this.#reportIntervalMs = options.reportIntervalMs || defaultReportIntervalMs
  }

  get statistics(): RtpSenderStatistics {
    const { packets, octets } = this.#writer
    const lastRtcpAt = this.#lastRtcpAt
    return { packets, octets, frames: this.#frames, dropped: this.#dropped, lastRtcpAt }
  }

  /** Changes what goes before key frames, from the next one on. Not copied. */
  setParameterSets(parameterSets: readonly Uint8Array[]): void {
    this.#parameterSets = parameterSets
  }

  /** Changes the interval of sender reports, from the next one on; 0 is 500 ms. */
  setReportInterval(intervalMs: number): void {
    this.#reportIntervalMs = intervalMs || defaultReportIntervalMs
  }

  /** Takes a frame that came at `now`. @throws RangeError after the end. */
  send(frame: LiveFrame, now: number): void {
    if (this.#isEnded) throw new RangeError('the stream was ended')
    const { codec, timescale } = this.#options
    const { decodeTime, compositionTimeOffset = 0, isSync = false, data } = frame
    const parameterSets = isSync ? this.#parameterSets : none
    const payloads = packetize(codec, { data, parameterSets }, this.#maxPayload)
    if (payloads.length === 0) {
      this.#dropped++
      return
    }
    const shownAt = decodeTime + compositionTimeOffset
    this.#clock.observe((shownAt * 1000) / timescale, now)
    const wanted = Math.round((shownAt * this.#clockRate) / timescale)
    const before = this.#lastTime
    const time = before === undefined ? wanted : Math.max(wanted, before + 1)
    this.#lastTime = time
    this.#frames++
    // The marker of audio says that talk begins after silence: here there is no silence.
    const isVideo = codec === 'h264' || codec === 'h265'
    const packets = this.#writer.frame(payloads, this.#timestamp(time), isVideo)
    const stepMs =
      before === undefined ? firstIntervalMs : ((time - before) * 1000) / this.#clockRate
    this.#queue.push(packets, Math.min(stepMs, maxIntervalMs), now)
    this.#reportAt ??= now
    this.tick(now)
  }

  /** Takes a datagram of the other side. What is wrong with it is an event; nothing is thrown. */
  receive(bytes: Uint8Array, now: number): readonly RtpSenderEvent[] {
    if (!isRtcp(bytes)) return []
    const plain = this.#peer === undefined ? bytes : this.#peer.unprotectRtcp(bytes)
    if (typeof plain === 'string') return [{ type: 'refused', why: plain }]
    const messages = parseRtcp(plain)
    if (messages.length === 0) return [{ type: 'refused', why: 'malformed' }]
    this.#lastRtcpAt = now
    const { ssrc } = this.#options
    return messages.flatMap(message => senderEvent(message, ssrc, this.#unixTime(now)))
  }

  /** @returns A datagram to be sent at `now`; it belongs to the caller. */
  take(now: number): Uint8Array | undefined {
    return this.#reports.shift() ?? this.#queue.shift(now)
  }

  /** When to call `tick` next; undefined before the first frame and after the end. */
  deadline(): number | undefined {
    const packetAt = this.#queue.deadline
    if (packetAt === undefined || this.#reportAt === undefined) return packetAt ?? this.#reportAt
    return Math.min(packetAt, this.#reportAt)
  }

  /** Makes a sender report when it is due. */
  tick(now: number): void {
    if (this.#reportAt === undefined || now < this.#reportAt) return
    this.#reports.push(this.#writer.report(this.#reportTime(now)))
    // From when it was due, so that late timers do not add up; from now after a pause.
    const next = this.#reportAt + this.#reportIntervalMs
    this.#reportAt = next > now ? next : now + this.#reportIntervalMs
  }

  /** Ends the stream: `take` gives the BYE, if there was anything to take leave of. */
  end(now: number): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#queue.clear()
    this.#reports.length = 0
    this.#reportAt = undefined
    if (this.#frames > 0) this.#reports.push(this.#writer.report(this.#reportTime(now), true))
  }

  /** The same moment in two clocks, as a report has it. */
  #reportTime(now: number): { unixTimeMs: number; timestamp: number } {
    const time = Math.round(((this.#clock.mediaTime(now) ?? 0) * this.#clockRate) / 1000)
    return { unixTimeMs: this.#unixTime(now), timestamp: this.#timestamp(time) }
  }

  #unixTime(now: number): number {
    return now + (this.#options.unixTimeAtZeroMs ?? 0)
  }

  #timestamp(time: number): number {
    return (this.#firstTimestamp + (time % 2 ** 32)) >>> 0
  }
}
