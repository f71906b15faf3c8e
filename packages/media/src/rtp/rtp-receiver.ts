import { AudioTrack } from './audio-track.ts'
import type { RtpEvent } from './events.ts'
import { LipSync, type TrackClock } from './lip-sync.ts'
import { isRtcp, parseRtpPacket, type RtpPacket } from './packet.ts'
import { Reception } from './reception.ts'
import { ReorderBuffer, type ReorderLimits } from './reorder-buffer.ts'
import { parseRtcp } from './rtcp.ts'
import type { RtpFormat } from './rtp-format.ts'
import { VideoTrack } from './video-track.ts'
import { writeReceiverReport } from './write-rtcp.ts'

/** What an {@link RtpReceiver} has to know. */
export interface RtpReceiverOptions {
  /** How the track is packed: {@link rtpFormat} makes it of an SDP. */
  readonly format: RtpFormat
  /** `tcp`: packets come in order, and none waits. `udp`: late ones are waited for. */
  readonly transport: 'tcp' | 'udp'
  /** One for the video and the audio of a sender; leave it out for a track alone. */
  readonly sync?: LipSync
  /** `rtptime` of the track in RTP-Info; leave it out when the answer to PLAY has none. */
  readonly rtpInfoTime?: number
  /** Our own SSRC in receiver reports: any 32 random bits. */
  readonly ssrc: number
  /** Our name in receiver reports; `hksv` unless told. */
  readonly cname?: string
  /** How packets wait over UDP; up to 256 packets for up to 100 ms unless told. */
  readonly reorder?: ReorderLimits
  /** A larger picture is given up; 4 MiB unless told. */
  readonly maxPictureBytes?: number
  /** Between receiver reports; 5000 unless told. */
  readonly reportIntervalMs?: number
}

/** What a receiver has counted. */
export interface RtpStatistics {
  /** RTP packets of the track. */
  readonly packets: number
  /** Bytes of them. */
  readonly bytes: number
  /** Packets that never came. */
  readonly lost: number
  /** Packets that could not be read, or belong to another payload type or an older source. */
  readonly ignored: number
  /** Pictures left out, as they or one that they need was damaged. Those before the first key frame do not count. */
  readonly dropped: number
}

const none: readonly RtpEvent[] = Object.freeze([])

/**
 * Receives one track: RTP and RTCP packets in, samples out. It owns no socket, timer or clock.
 *
 * 1. `receive` each packet, of RTP and of RTCP, with the time it came, in ms that never go back.
 * 2. `take` after it, and after `tick`: an RTCP packet to be sent, until nothing comes.
 * 3. `tick` at `deadline`.
 * 4. `end` when the stream is over.
 *
 * The payload is copied once, into memory that several samples share and nothing is written to again.
 * Over UDP packets may wait: their bytes must stay as they are. Over TCP they need not. Hostile packets are ignored, or end in `waiting`; nothing is thrown for them.
 */
export class RtpReceiver {
  readonly #options: RtpReceiverOptions
  readonly #payloadType: number
  readonly #clock: TrackClock
  readonly #order: ReorderBuffer
  readonly #track: VideoTrack | AudioTrack
  #reception: Reception | undefined
  /** The source that packets are taken from. */
  #ssrc: number | undefined
  /** Over UDP, another source that sent the last packet: it counts when it sends one more. */
  #suspect: number | undefined
  #events: RtpEvent[] = []
  #reportAt: number | undefined
  #report: Uint8Array | undefined
  #lastNow = 0
  #packets = 0
  #bytes = 0
  #lost = 0
  #ignored = 0

  constructor(options: RtpReceiverOptions) {
    const { format, transport, maxPictureBytes = 4 * 2 ** 20 } = options
    this.#options = options
    this.#payloadType = format.payloadType
    const sync = options.sync ?? new LipSync()
    this.#clock = sync.track(format.kind, format.clockRate, options.rtpInfoTime)
    const udp = options.reorder ?? { maxPackets: 256, maxWaitMs: 100 }
    this.#order = new ReorderBuffer(transport === 'udp' ? udp : { maxPackets: 0, maxWaitMs: 0 })
    const emit = (event: RtpEvent): void => {
      this.#events.push(event)
    }
    const clock = this.#clock
    this.#track =
      format.kind === 'video'
        ? new VideoTrack({ format, clock, sync, maxPictureBytes, emit })
        : new AudioTrack({ format, clock, emit })
  }

  get statistics(): RtpStatistics {
    const dropped = this.#track instanceof VideoTrack ? this.#track.dropped : 0
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      lost: this.#lost,
      ignored: this.#ignored,
      dropped,
    }
  }

  /** Takes a packet of RTP or RTCP that came at `now`. */
  receive(bytes: Uint8Array, now: number): readonly RtpEvent[] {
    if (isRtcp(bytes)) this.#receiveRtcp(bytes, now)
    else {
      const packet = parseRtpPacket(bytes)
      if (packet === undefined || packet.payloadType !== this.#payloadType) this.#ignored++
      else this.#receiveRtp(packet, now)
    }
    return this.#taken()
  }

  /** @returns An RTCP packet to be sent. */
  take(): Uint8Array | undefined {
    const report = this.#report
    this.#report = undefined
    return report
  }

  /** When to call `tick` next. */
  deadline(): number | undefined {
    const waiting = this.#order.deadline
    if (waiting === undefined || this.#reportAt === undefined) return waiting ?? this.#reportAt
    return Math.min(waiting, this.#reportAt)
  }

  /** Gives up waiting for packets that are late, and reports. */
  tick(now: number): readonly RtpEvent[] {
    this.#drain(now, now)
    if (this.#reception !== undefined && now >= (this.#reportAt ?? now)) {
      const { ssrc, cname = 'hksv', reportIntervalMs = 5000 } = this.#options
      this.#report = writeReceiverReport({ ssrc, cname, blocks: [this.#reception.report(now)] })
      this.#reportAt = now + reportIntervalMs
    }
    return this.#taken()
  }

  /** The stream is over: delivers what is complete. */
  end(): readonly RtpEvent[] {
    this.#drain(Number.POSITIVE_INFINITY, this.#lastNow)
    if (this.#track instanceof VideoTrack) this.#track.end()
    return this.#taken()
  }

  #receiveRtp(packet: RtpPacket, now: number): void {
    this.#lastNow = now
    if (packet.ssrc !== this.#ssrc && !this.#changeSource(packet, now)) return
    this.#suspect = undefined
    let verdict = this.#order.push(packet, now)
    if (verdict === 'jumped') {
      this.#restart('sequence', packet, now)
      verdict = this.#order.push(packet, now)
    }
    if (verdict === 'ignored') {
      this.#ignored++
      return
    }
    this.#packets++
    this.#bytes += packet.bytes.length
    this.#reception?.count(packet.sequenceNumber, packet.timestamp, now)
    if (verdict === 'next') this.#process(packet, now)
    this.#drain(now, now)
  }

  /** @returns Whether packets of this source count from now on. */
  #changeSource(packet: RtpPacket, now: number): boolean {
    const isFirst = this.#ssrc === undefined
    // A single packet from elsewhere must not end a stream.
    if (!isFirst && this.#options.transport === 'udp' && this.#suspect !== packet.ssrc) {
      this.#suspect = packet.ssrc
      this.#ignored++
      return false
    }
    this.#ssrc = packet.ssrc
    if (isFirst) this.#observe(packet, now)
    else this.#restart('ssrc', packet, now)
    return true
  }

  #restart(why: 'ssrc' | 'sequence', packet: RtpPacket, now: number): void {
    this.#drain(Number.POSITIVE_INFINITY, now)
    this.#order.reset()
    if (this.#track instanceof VideoTrack) this.#track.restart()
    // Of a source that goes on, the timestamps tell themselves whether they do.
    if (why === 'ssrc') this.#clock.restart()
    this.#events.push({ type: 'restart', why })
    this.#observe(packet, now)
  }

  #observe({ ssrc, sequenceNumber }: RtpPacket, now: number): void {
    this.#reception = new Reception(ssrc, sequenceNumber, this.#clock.rate)
    this.#reportAt ??= now
  }

  /** Processes the packets that need not wait longer than to `until`. */
  #drain(until: number, now: number): void {
    for (let packet = this.#order.shift(until); packet; packet = this.#order.shift(until))
      this.#process(packet, now)
  }

  /** Takes a packet whose turn it is. */
  #process(packet: RtpPacket, now: number): void {
    const { lost } = this.#order
    if (lost > 0) {
      this.#lost += lost
      this.#events.push({ type: 'loss', packets: lost })
    }
    this.#track.receive(packet, lost, now)
  }

  #receiveRtcp(bytes: Uint8Array, now: number): void {
    for (const message of parseRtcp(bytes)) {
      if (message.type === 'sender-report') {
        // Before the first packet nobody knows whose reports these will be.
        if (message.ssrc !== (this.#ssrc ?? message.ssrc)) continue
        this.#clock.senderReport(message)
        this.#reception?.senderReport(message, now)
      } else if (message.type === 'bye' && message.ssrcs.some(ssrc => ssrc === this.#ssrc))
        this.#events.push({ type: 'bye' })
    }
  }

  #taken(): readonly RtpEvent[] {
    if (this.#events.length === 0) return none
    const events = this.#events
    this.#events = []
    return events
  }
}
