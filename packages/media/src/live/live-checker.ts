import type { RtpPacket } from '../rtp/packet.ts'
import { datagramLength } from './datagram.ts'
import type { LiveFindings } from './live-rules.ts'
import { PictureChecker } from './picture-checker.ts'

/** What was negotiated, as far as packets show whether it is kept to. */
export interface LiveTerms {
  /** Of the camera, as it announced it. */
  readonly ssrc: number
  readonly payloadType: number
  readonly clockRate: number
  /** Bytes of the IP datagram. */
  readonly mtu: number
  readonly ipVersion: 4 | 6
  readonly reportIntervalMs: number
  /** Looks into the pictures of H.264. */
  readonly codec: 'h264' | 'other'
}

const burst = { packets: 32, withinMs: 2 }
const maxDriftMs = 1000
/** Sender reports may be late by two intervals. */
const lateFactor = 3
/** As far ahead a packet is one of this sequence, and those between were lost. @see RFC 3550 §A.1 */
const maxDropout = 3000
/** As far behind it was overtaken. */
const maxMisorder = 100
const startWithinMs = 500

/** Holds packets against the rules of a live stream, one after the other as they come. */
export class LiveChecker {
  readonly #terms: LiveTerms
  readonly #findings: LiveFindings
  #sequenceNumber: number | undefined
  #first: { readonly now: number } | undefined
  #timestamp: number | undefined
  /** Timestamps gone by since the first, without wraps. */
  #elapsed = 0
  /** When the last packets came, as many as make a burst. */
  readonly #arrivals: number[] = []
  #reportAt: number | undefined
  /** When the stream was started; undefined when nobody said, and once something came. */
  #startedAt: number | undefined
  readonly #pictures: PictureChecker | undefined

  constructor(terms: LiveTerms, findings: LiveFindings) {
    this.#terms = terms
    this.#findings = findings
    if (terms.codec === 'h264') this.#pictures = new PictureChecker(findings)
  }

  /** The camera was told to start. */
  started(now: number): void {
    this.#startedAt = now
  }

  /** The camera was told to go on after a pause: nothing is counted over it. */
  resumed(now: number): void {
    if (this.#first === undefined) return
    this.#first = undefined
    this.#elapsed = 0
    this.#timestamp = undefined
    this.#arrivals.length = 0
    this.#reportAt = now
  }

  /** Holds the size of what came against the MTU; `length` is that of the UDP payload. */
  datagram(length: number, now: number): void {
    const { mtu, ipVersion } = this.#terms
    const total = datagramLength(length, ipVersion)
    if (total > mtu) this.#findings.add('datagram-in-mtu', `${total} bytes, not ${mtu}`, now)
  }

  /** Takes a packet of RTP that came at `now`. */
  packet(packet: RtpPacket, now: number): void {
    const { ssrc, payloadType } = this.#terms
    if (packet.ssrc !== ssrc) {
      this.#findings.add('ssrc-announced', `${packet.ssrc}, not ${ssrc}`, now)
      return
    }
    if (packet.payloadType !== payloadType) {
      const detail = `${packet.payloadType}, not ${payloadType}`
      this.#findings.add('payload-type-negotiated', detail, now)
      return
    }
    this.#start(now)
    this.#first ??= { now }
    this.#reportAt ??= now
    const step = this.#sequence(packet, now)
    if (step >= 0) {
      this.#time(packet, now)
      this.#pictures?.packet(packet, step > 0, now)
    }
    this.#burst(now)
    this.#reports(now)
  }

  /** A sender report came. */
  senderReport(now: number): void {
    this.#reports(now)
    this.#reportAt = now
  }

  /** The stream is over, or nothing came until `now`. */
  silence(now: number): void {
    if (this.#first !== undefined) this.#reports(now)
    else if (now - (this.#startedAt ?? now) > startWithinMs) this.#start(now)
  }

  #start(now: number): void {
    const after = now - (this.#startedAt ?? now)
    this.#startedAt = undefined
    if (after > startWithinMs)
      this.#findings.add('starts-in-time', `nothing for ${Math.round(after)} ms`, now)
  }

  /** @returns How many packets are missing in front of this one; less than 0 when it was overtaken. */
  #sequence({ sequenceNumber }: RtpPacket, now: number): number {
    const wanted = ((this.#sequenceNumber ?? sequenceNumber - 1) + 1) & 0xffff
    const step = ((sequenceNumber - wanted) << 16) >> 16
    const isJump = step > maxDropout || step < -maxMisorder
    const detail = `${sequenceNumber} after ${(wanted - 1) & 0xffff}`
    if (isJump) this.#findings.add('sequence-by-one', detail, now)
    else if (step > 0) this.#findings.add('no-loss', detail, now)
    if (step >= 0 || isJump) this.#sequenceNumber = sequenceNumber
    return isJump ? 1 : step
  }

  #time({ timestamp }: RtpPacket, now: number): void {
    const step = (timestamp - (this.#timestamp ?? timestamp)) | 0
    this.#timestamp = timestamp
    this.#elapsed += step
    if (step < 0) this.#findings.add('timestamp-forward', `${-step} back`, now)
    const drift = (this.#elapsed * 1000) / this.#terms.clockRate - (now - (this.#first?.now ?? now))
    if (Math.abs(drift) <= maxDriftMs) return
    this.#findings.add('timestamp-paced', `${Math.round(drift)} ms ahead of the clock`, now)
    // Counted anew from here, so that one jump is one finding.
    this.#first = { now }
    this.#elapsed = 0
  }

  #burst(now: number): void {
    const arrivals = this.#arrivals
    arrivals.push(now)
    if (arrivals.length <= burst.packets) return
    const first = arrivals.shift() ?? now
    if (now - first > burst.withinMs) return
    this.#findings.add('no-bursts', `${burst.packets + 1} packets within ${now - first} ms`, now)
    arrivals.length = 0
  }

  #reports(now: number): void {
    const since = now - (this.#reportAt ?? now)
    if (since <= lateFactor * this.#terms.reportIntervalMs) return
    this.#findings.add('sender-reports', `none for ${Math.round(since)} ms`, now)
    this.#reportAt = now
  }
}
