import type { RtpEvent } from '../rtp/events.ts'
import type { LipSync } from '../rtp/lip-sync.ts'
import { isRtcp, parseRtpPacket } from '../rtp/packet.ts'
import { parseRtcp } from '../rtp/rtcp.ts'
import { writePictureLoss } from '../rtp/rtcp-feedback.ts'
import type { RtpFormat } from '../rtp/rtp-format.ts'
import { RtpReceiver, type RtpStatistics } from '../rtp/rtp-receiver.ts'
import { writeReceiverReport } from '../rtp/write-rtcp.ts'
import { SrtpReceiver } from '../srtp/srtp-receiver.ts'
import { SrtpSender } from '../srtp/srtp-sender.ts'
import { type SrtpKey, srtcpIndexLength } from '../srtp/suites.ts'
import { type DatagramLimit, defaultMtus } from './datagram.ts'
import { LiveChecker } from './live-checker.ts'
import { LiveMeter, type LiveQuality } from './live-meter.ts'
import { type LiveFinding, LiveFindings } from './live-rules.ts'

/** What a {@link LiveReceiver} has to know: what was negotiated. */
export interface LiveReceiverOptions extends DatagramLimit {
  /** How the track is packed, with its payload type and clock rate. */
  readonly format: RtpFormat
  /** SSRC of this side. */
  readonly ssrc: number
  /** SSRC of the camera, as it announced it. */
  readonly peerSsrc: number
  /** What this side announced: its reports are protected with it. */
  readonly srtp?: SrtpKey
  /**
   * Protects in place of a context made of `srtp`: the one of an `RtpSender` that speaks under the same
   * SSRC, as both number their reports together.
   */
  readonly srtpSender?: SrtpSender
  /** What the camera announced. */
  readonly peerSrtp?: SrtpKey
  /** Between reports of both sides; 500 unless told, or when 0 was negotiated. */
  readonly reportIntervalMs?: number
  /** One for the video and the audio of a camera. */
  readonly sync?: LipSync
  /** Canonical name; `hksv` unless told. */
  readonly cname?: string
}

/**
 * Views one track of a live stream: datagrams in, samples out, while the stream is held against
 * {@link liveRules}. It owns no socket, timer or clock.
 *
 * 0. `started` when the camera is told to start, and `resumed` when it is told to go on after a pause.
 * 1. `receive` each datagram with the time it came, in ms that never go back. It is decrypted in place.
 * 2. `take` after each call: a datagram to be sent, until nothing comes.
 * 3. `tick` at `deadline`; `requestKeyFrame` when pictures wait for one.
 * 4. `end` when the stream is over; then `findings`.
 *
 * Samples are those of `RtpReceiver`, under its terms. Nothing is thrown for what comes from the network.
 */
export class LiveReceiver {
  readonly #options: LiveReceiverOptions
  readonly #receiver: RtpReceiver
  readonly #srtp: SrtpSender | undefined
  readonly #peer: SrtpReceiver | undefined
  readonly #findings = new LiveFindings()
  readonly #checker: LiveChecker
  readonly #meter: LiveMeter
  readonly #outgoing: Uint8Array[] = []

  /** @throws RangeError for keys of the wrong length. */
  constructor(options: LiveReceiverOptions) {
    const { format, ssrc, peerSsrc, srtp, peerSrtp, ipVersion, sync, cname = 'hksv' } = options
    const { mtu = defaultMtus[ipVersion] } = options
    const reportIntervalMs = options.reportIntervalMs || 500
    this.#options = { ...options, cname }
    this.#receiver = new RtpReceiver({
      ...{ format, ssrc, cname, reportIntervalMs, transport: 'udp' },
      ...(sync && { sync }),
    })
    this.#srtp = options.srtpSender ?? (srtp && new SrtpSender(srtp))
    this.#peer = peerSrtp && new SrtpReceiver(peerSrtp)
    const { payloadType, clockRate } = format
    const codec = format.codec === 'h264' ? 'h264' : 'other'
    const terms = {
      ssrc: peerSsrc,
      payloadType,
      clockRate,
      mtu,
      ipVersion,
      reportIntervalMs,
      codec,
    }
    this.#checker = new LiveChecker({ ...terms, codec }, this.#findings)
    this.#meter = new LiveMeter(clockRate)
  }

  /** How it comes in. */
  get quality(): LiveQuality {
    return this.#meter.quality
  }

  get statistics(): RtpStatistics {
    return this.#receiver.statistics
  }

  /** How the stream broke rules so far; one finding a rule. */
  findings(): LiveFinding[] {
    return this.#findings.list()
  }

  /** The camera was told to start. */
  started(now: number): void {
    this.#checker.started(now)
  }

  /** The camera was told to go on: what it did not send since it was told to pause breaks no rule. */
  resumed(now: number): void {
    this.#checker.resumed(now)
  }

  /** Takes a datagram of RTP or RTCP that came at `now`. */
  receive(bytes: Uint8Array, now: number): readonly RtpEvent[] {
    this.#checker.datagram(bytes.length, now)
    const isReport = isRtcp(bytes)
    const plain = this.#unprotect(bytes, isReport)
    if (typeof plain === 'string') {
      this.#findings.add('srtp-authentic', plain, now)
      return []
    }
    if (isReport) return this.#receiveRtcp(plain, now)
    const packet = parseRtpPacket(plain)
    if (packet === undefined) {
      this.#findings.add('rtp-readable', `${plain.length} bytes`, now)
      return []
    }
    this.#checker.packet(packet, now)
    if (packet.ssrc !== this.#options.peerSsrc) return []
    this.#meter.packet(packet.timestamp, now)
    return this.#receiver.receive(plain, now)
  }

  /** Asks for a key frame: a report with PLI. */
  requestKeyFrame(): void {
    const { ssrc, peerSsrc, cname = 'hksv' } = this.#options
    const report = writeReceiverReport({ ssrc, cname, blocks: [] })
    this.#seal([report, writePictureLoss(ssrc, peerSsrc)])
  }

  /** @returns A datagram to be sent; it belongs to the caller. */
  take(): Uint8Array | undefined {
    const report = this.#receiver.take()
    if (report !== undefined) this.#seal([report])
    return this.#outgoing.shift()
  }

  /** When to call `tick` next. */
  deadline(): number | undefined {
    return this.#receiver.deadline()
  }

  /** Gives up waiting for packets that are late, and reports. */
  tick(now: number): readonly RtpEvent[] {
    this.#checker.silence(now)
    return this.#receiver.tick(now)
  }

  /** The stream is over: delivers what is complete. */
  end(now: number): readonly RtpEvent[] {
    this.#checker.silence(now)
    return this.#receiver.end()
  }

  #unprotect(bytes: Uint8Array, isReport: boolean): Uint8Array | string {
    if (this.#peer === undefined) return bytes
    return isReport ? this.#peer.unprotectRtcp(bytes) : this.#peer.unprotectRtp(bytes)
  }

  #receiveRtcp(plain: Uint8Array, now: number): readonly RtpEvent[] {
    const messages = parseRtcp(plain)
    if (messages.length === 0)
      this.#findings.add('rtp-readable', `${plain.length} bytes of RTCP`, now)
    const { peerSsrc } = this.#options
    for (const message of messages) {
      if (message.type !== 'sender-report') continue
      if (message.ssrc === peerSsrc) {
        this.#checker.senderReport(now)
        this.#meter.senderReport()
      } else
        this.#findings.add('ssrc-announced', `${message.ssrc} in a report, not ${peerSsrc}`, now)
    }
    return this.#receiver.receive(plain, now)
  }

  #seal(parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const overhead = this.#srtp ? this.#srtp.overhead + srtcpIndexLength : 0
    const bytes = new Uint8Array(length + overhead)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    this.#srtp?.protectRtcp(bytes, length)
    this.#outgoing.push(bytes)
  }
}
