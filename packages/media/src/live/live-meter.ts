/** How a live stream comes in. */
export interface LiveQuality {
  /** When the first packet came, and the last one, in ms as `now` was told. */
  readonly firstPacketAt: number | undefined
  readonly lastPacketAt: number | undefined
  /** Between the times of arrival and the timestamps. @see RFC 3550 §6.4.1 */
  readonly jitterMs: number
  readonly senderReports: number
}

/** A longer step in between is a pause, and no jitter. */
const maxStepMs = 1000

/** Measures how a live stream comes in. */
export class LiveMeter {
  readonly #clockRate: number
  #firstPacketAt: number | undefined
  #lastPacketAt: number | undefined
  #timestamp = 0
  #jitterMs = 0
  #senderReports = 0

  /** @param clockRate - Units a second of the timestamps. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate
  }

  /** @see RFC 3550 §A.8 */
  packet(timestamp: number, now: number): void {
    const since = now - (this.#lastPacketAt ?? now)
    const steps = (timestamp - (this.#lastPacketAt === undefined ? timestamp : this.#timestamp)) | 0
    const off = Math.abs(since - (steps * 1000) / this.#clockRate)
    if (off < maxStepMs) this.#jitterMs += (off - this.#jitterMs) / 16
    this.#firstPacketAt ??= now
    this.#lastPacketAt = now
    this.#timestamp = timestamp
  }

  senderReport(): void {
    this.#senderReports++
  }

  get quality(): LiveQuality {
    return {
      firstPacketAt: this.#firstPacketAt,
      lastPacketAt: this.#lastPacketAt,
      jitterMs: this.#jitterMs,
      senderReports: this.#senderReports,
    }
  }
}
