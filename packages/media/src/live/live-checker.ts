import { byteAt, type RtpPacket } from '../rtp/packet.ts'
import { datagramLength } from './datagram.ts'
import type { LiveFindings } from './live-rules.ts'

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
  /** Looks for parameter sets in H.264. */
  readonly codec: 'h264' | 'other'
}

const burst = { packets: 32, withinMs: 2 }
const maxDriftMs = 1000
/** Sender reports may be late by two intervals. */
const lateFactor = 3
const types = { stapA: 24, fuA: 28, idr: 5, sps: 7 } as const

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
  /** The timestamp of the picture whose SPS came last. */
  #spsAt: number | undefined
  #idrAt: number | undefined

  constructor(terms: LiveTerms, findings: LiveFindings) {
    this.#terms = terms
    this.#findings = findings
  }

  /** Holds the size of what came against the MTU; `length` is that of the UDP payload. */
  datagram(length: number, now: number): void {
    const { mtu, ipVersion } = this.#terms
    const total = datagramLength(length, ipVersion)
    if (total > mtu) this.#findings.add('datagram-in-mtu', `${total} bytes, not ${mtu}`, now)
  }

  /** Takes a packet of RTP that came at `now`. */
  packet(packet: RtpPacket, now: number): void {
    const { ssrc, payloadType, codec } = this.#terms
    if (packet.ssrc !== ssrc) {
      this.#findings.add('ssrc-announced', `${packet.ssrc}, not ${ssrc}`, now)
      return
    }
    if (packet.payloadType !== payloadType) {
      const detail = `${packet.payloadType}, not ${payloadType}`
      this.#findings.add('payload-type-negotiated', detail, now)
      return
    }
    this.#first ??= { now }
    this.#reportAt ??= now
    if (this.#sequence(packet, now)) {
      this.#time(packet, now)
      if (codec === 'h264') this.#parameterSets(packet, now)
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
  }

  /** @returns Whether the packet is later than those before. */
  #sequence({ sequenceNumber }: RtpPacket, now: number): boolean {
    const wanted = ((this.#sequenceNumber ?? sequenceNumber - 1) + 1) & 0xffff
    const step = ((sequenceNumber - wanted) << 16) >> 16
    if (step !== 0)
      this.#findings.add('sequence-by-one', `${sequenceNumber} after ${(wanted - 1) & 0xffff}`, now)
    if (step >= 0) this.#sequenceNumber = sequenceNumber
    return step >= 0
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

  /** Looks at the types of the units only: alone, the first ones of STAP-A, and where FU-A begins. */
  #parameterSets({ bytes, payloadStart, payloadEnd, timestamp }: RtpPacket, now: number): void {
    for (const type of unitTypes(bytes, payloadStart, payloadEnd)) {
      if (type === types.sps) this.#spsAt = timestamp
      if (type !== types.idr || this.#idrAt === timestamp) continue
      this.#idrAt = timestamp
      if (this.#spsAt !== timestamp)
        this.#findings.add(
          'parameter-sets-first',
          `an IDR picture at ${timestamp} without SPS`,
          now,
        )
    }
  }
}

/** @returns The types of the NAL units that begin in a payload. @see RFC 6184 §5.2 */
function* unitTypes(bytes: Uint8Array, start: number, end: number): Generator<number> {
  const type = byteAt(bytes, start) & 0x1f
  if (type === types.fuA) {
    const header = byteAt(bytes, start + 1)
    if (header >= 0x80) yield header & 0x1f
  } else if (type === types.stapA)
    for (let at = start + 1; at + 2 < end; ) {
      yield byteAt(bytes, at + 2) & 0x1f
      at += 2 + ((byteAt(bytes, at) << 8) | byteAt(bytes, at + 1))
    }
  else if (start < end) yield type
}
