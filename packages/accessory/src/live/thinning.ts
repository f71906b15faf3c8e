/** Of two reception reports one may have counted what was only late. */
const REPORTS = 2
/** What a viewer may lose before it counts, of 256: one packet in ten. */
const LOSS = 26
/** A source that keeps to what was asked for is not to blame for loss. */
const EXCESS = 1.5
/** What the bit rate is measured over, in milliseconds. */
const WINDOW_MS = 4000
/** How long key frames are sent alone; twice as long each time that they are needed again soon. */
const PAUSE_MS = { first: 10_000, longest: 80_000 }

/**
 * Decides when a viewer gets key frames alone. A source that is sent as it is cannot be told to use fewer
 * bits: where it has more than was asked for, and the way there loses packets, every picture would be
 * damaged until the next key frame. Where nothing is lost everything is sent, whatever was asked for.
 */
export class Thinning {
  #maxKbps: number
  readonly #pictures: { readonly at: number; readonly bits: number }[] = []
  #bits = 0
  #losses = 0
  #until = Number.NEGATIVE_INFINITY
  #pauseMs = PAUSE_MS.first

  /** @param maxKbps - What the viewer asked for. */
  constructor(maxKbps: number) {
    this.#maxKbps = maxKbps
  }

  get maxKbps(): number {
    return this.#maxKbps
  }

  /** Of a viewer that changed its mind: what was lost before does not count. */
  set maxKbps(kbps: number) {
    this.#maxKbps = kbps
    this.#losses = 0
    this.#until = Number.NEGATIVE_INFINITY
  }

  /** Bits a second of what the source had lately, whether it was sent or not. */
  get bitRate(): number {
    return (this.#bits * 1000) / WINDOW_MS
  }

  /** Counts a picture of the source. */
  count(bytes: number, now: number): void {
    this.#pictures.push({ at: now, bits: bytes * 8 })
    this.#bits += bytes * 8
    for (let [oldest] = this.#pictures; oldest !== undefined; [oldest] = this.#pictures) {
      if (oldest.at > now - WINDOW_MS) break
      this.#bits -= oldest.bits
      this.#pictures.shift()
    }
  }

  /**
   * Takes what a viewer reports.
   *
   * @param fractionLost - Since its last report, of 256.
   * @returns Whether it makes key frames go alone from now on.
   */
  report(fractionLost: number, now: number): boolean {
    if (this.isThin(now)) return false
    this.#losses = fractionLost >= LOSS ? this.#losses + 1 : 0
    if (this.#losses < REPORTS || this.bitRate <= this.#maxKbps * 1000 * EXCESS) return false
    this.#losses = 0
    const isAgain = now < this.#until + this.#pauseMs
    this.#pauseMs = isAgain ? Math.min(this.#pauseMs * 2, PAUSE_MS.longest) : PAUSE_MS.first
    this.#until = now + this.#pauseMs
    return true
  }

  /** Whether key frames go alone. */
  isThin(now: number): boolean {
    return now < this.#until
  }
}
