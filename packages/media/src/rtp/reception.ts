import type { ReportBlock } from './rtcp.ts'

/**
 * Counts how the packets of a source arrive, for receiver reports.
 * @see RFC 3550 §6.4.1, §A.3, §A.8
 */
export class Reception {
  readonly #ssrc: number
  readonly #rate: number
  readonly #first: number
  #highest: number
  #wraps = 0
  #received = 0
  #jitter = 0
  /** Arrival less timestamp of the last packet, in units of the rate. */
  #transit: number | undefined
  #expectedBefore = 0
  #receivedBefore = 0
  #senderReport: { readonly middle: number; readonly at: number } | undefined

  /** @param rate - Units a second of the timestamps. */
  constructor(ssrc: number, sequenceNumber: number, rate: number) {
    this.#ssrc = ssrc
    this.#rate = rate
    this.#first = sequenceNumber
    this.#highest = sequenceNumber
  }

  /** Counts a packet that arrived at `now`, in ms. */
  count(sequenceNumber: number, timestamp: number, now: number): void {
    this.#received++
    const step = ((sequenceNumber - this.#highest) << 16) >> 16
    if (step > 0) {
      if (sequenceNumber < this.#highest) this.#wraps++
      this.#highest = sequenceNumber
    }
    const transit = (now * this.#rate) / 1000 - timestamp
    const wrapped = transit - (this.#transit ?? transit)
    this.#transit = transit
    // A wrap of the timestamp, or a clock set, is no jitter.
    if (Math.abs(wrapped) < 60 * this.#rate) this.#jitter += (Math.abs(wrapped) - this.#jitter) / 16
  }

  senderReport(report: { ntpSeconds: number; ntpFraction: number }, now: number): void {
    const middle = ((report.ntpSeconds << 16) | (report.ntpFraction >>> 16)) >>> 0
    this.#senderReport = { middle, at: now }
  }

  /** @returns What a report at `now` says; `fractionLost` counts from the last one. */
  report(now: number): ReportBlock {
    const highestSequenceNumber = (((this.#wraps & 0xffff) << 16) | this.#highest) >>> 0
    const expected = this.#wraps * 0x10000 + this.#highest - this.#first + 1
    const expectedNow = expected - this.#expectedBefore
    const lostNow = expectedNow - (this.#received - this.#receivedBefore)
    this.#expectedBefore = expected
    this.#receivedBefore = this.#received
    const lost = expected - this.#received
    const fraction = expectedNow > 0 && lostNow > 0 ? Math.floor((lostNow * 256) / expectedNow) : 0
    const since = this.#senderReport
    return {
      ssrc: this.#ssrc,
      fractionLost: Math.min(fraction, 255),
      cumulativeLost: Math.max(-0x800000, Math.min(lost, 0x7fffff)),
      highestSequenceNumber,
      jitter: Math.min(Math.floor(this.#jitter), 0xffffffff),
      lastSenderReport: since?.middle ?? 0,
      delaySinceLastSenderReport: since
        ? Math.min(Math.max(0, Math.floor(((now - since.at) * 65536) / 1000)), 0xffffffff)
        : 0,
    }
  }
}
