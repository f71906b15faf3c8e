/** What a {@link FeedTimeline} is made with. */
export interface FeedTimelineOptions {
  /** Units a second of what is fed. */
  readonly sourceRate: number
  /** Units a second of what comes out. */
  readonly targetRate: number
  /** Of what comes out, in its units. */
  readonly packetSamples: number
  /** What is fed can be filled up in pieces of so many samples, in the source's units. */
  readonly fillSamples: number
}

/** What to do with a frame. */
export type FeedAdvice =
  /** Feed so many pieces of silence, then the frame. */
  { readonly type: 'feed'; readonly fill: number } | { readonly type: 'drop' }

/** A longer gap is not filled: the times jump. */
const maxFillS = 0.5

/**
 * Keeps the times of an encoder that counts samples and knows nothing else. Small gaps of the source,
 * and a clock that runs faster than its samples, are filled with silence; frames that come twice, or from
 * a clock that runs slower, are dropped; the times of what comes out go on packet by packet. After a long
 * gap they jump, by whole packets. Owns no clock.
 *
 * 1. `place` each frame; do what it says.
 * 2. `next` for each packet that comes out.
 */
export class FeedTimeline {
  readonly #options: FeedTimelineOptions
  /** Where the next frame is expected, in the source's units; undefined before the first. */
  #expected: number | undefined
  /** When what was fed first was heard. */
  #base = 0
  /** Samples fed. */
  #fed = 0
  /** Samples out. */
  #out = 0
  /** Jumps that have not come out: where, in samples of the target, and how far. */
  readonly #jumps: { readonly at: number; readonly by: number }[] = []

  constructor(options: FeedTimelineOptions) {
    this.#options = options
  }

  /**
   * Says what to do with a frame.
   * @param decodeTime - In the source's units.
   * @param samples - Its length, likewise.
   */
  place(decodeTime: number, samples: number): FeedAdvice {
    const { sourceRate, targetRate, fillSamples, packetSamples } = this.#options
    if (this.#expected === undefined) {
      this.#expected = decodeTime
      this.#base = Math.round((decodeTime * targetRate) / sourceRate)
    }
    const off = decodeTime - this.#expected
    if (off <= -Math.min(samples, fillSamples)) return { type: 'drop' }
    let fill = 0
    if (off > maxFillS * sourceRate) {
      const by = Math.round((off * targetRate) / sourceRate / packetSamples) * packetSamples
      this.#jumps.push({ at: (this.#fed * targetRate) / sourceRate, by })
      this.#expected += (by * sourceRate) / targetRate
    } else if (off >= fillSamples) fill = Math.floor(off / fillSamples)
    const fed = fill * fillSamples + samples
    this.#fed += fed
    this.#expected += fed
    return { type: 'feed', fill }
  }

  /**
   * @param lookahead - By so many of the target's units what comes out begins before what was fed.
   * @returns The time of the next packet that comes out, likewise.
   */
  next(lookahead: number): number {
    const { packetSamples } = this.#options
    while (this.#jumps[0] !== undefined && this.#jumps[0].at <= this.#out) {
      this.#base += this.#jumps[0].by
      this.#jumps.shift()
    }
    const time = this.#base + this.#out - lookahead
    this.#out += packetSamples
    return time
  }
}
