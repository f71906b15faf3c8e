import type { Picture } from './picture-assembler.ts'

/** No encoder is known that shows a picture more than four pictures later than it sends it. */
const maxMeasuredDepth = 4
/** @see ITU-T H.264 §A.3.1 h) */
const maxDepth = 16

/** A picture with the time it is decoded. */
export interface OrderedPicture {
  readonly picture: Picture
  /** In units of the clock rate; later than that of the picture before. */
  readonly decodeTime: number
  /** When it is shown, counted from there; negative for B frames. */
  readonly compositionTimeOffset: number
}

/**
 * Finds when pictures are decoded. RTP tells when they are shown; they come in decoding order. Of the
 * pictures between two key frames, the first one is decoded when the earliest is shown, the second one
 * with the second, and so on. Without B frames that is the time of the picture itself; with them, each
 * picture has to wait until as many have come as may be shown before it.
 *
 * A time that goes back where there are no B frames is the sender's mistake; it is moved to one unit
 * behind the last. So is one that is that of the picture before, as two pictures may have one timestamp.
 */
export class DecodeOrder {
  readonly #deliver: (picture: OrderedPicture) => void
  readonly #waiting: Picture[] = []
  /** Times of those that wait, sorted. */
  readonly #times: number[] = []
  /** Times of the last pictures, as they came. */
  readonly #recent: number[] = []
  /** Pictures that may come before one that is shown earlier. */
  #depth = 0
  #announcedDepth: number | undefined
  #depthOfGroup = 0
  #latest = Number.NEGATIVE_INFINITY
  #lastDecodeTime = Number.NEGATIVE_INFINITY

  constructor(deliver: (picture: OrderedPicture) => void) {
    this.#deliver = deliver
  }

  /** Says what the SPS announces; undefined when it does not. */
  announce(depth: number | undefined): void {
    this.#announcedDepth = depth
    // Some announce all the memory they have: more than a few pictures wait only when there is a need.
    if (depth !== undefined) this.#depth = Math.min(depth, maxMeasuredDepth)
  }

  /**
   * Takes the next picture, and delivers those that need not wait any longer. Call `flush` before a key
   * picture.
   */
  push(picture: Picture): void {
    if (picture.isKey) this.#beginGroup()
    const ahead = this.#countAhead(picture.time)
    const isReordered = ahead > 0 && this.#mayReorder(picture)
    const time = isReordered ? picture.time : Math.max(picture.time, this.#latest + 1)
    if (isReordered) this.#measure(ahead)
    this.#latest = Math.max(this.#latest, time)
    if (this.#recent.push(time) > maxDepth) this.#recent.shift()
    let index = this.#times.length
    while (index > 0 && (this.#times[index - 1] ?? 0) > time) index--
    this.#times.splice(index, 0, time)
    this.#waiting.push(time === picture.time ? picture : { ...picture, time })
    while (this.#waiting.length > this.#depth) this.#deliverFirst()
  }

  /** Delivers all that wait: nothing that comes later is shown before them. */
  flush(): void {
    while (this.#waiting.length > 0) this.#deliverFirst()
  }

  #beginGroup(): void {
    // Without an announcement the last group is the measure.
    if (this.#announcedDepth === undefined) this.#depth = this.#depthOfGroup
    this.#depthOfGroup = 0
  }

  /** How many came already that are shown later. */
  #countAhead(time: number): number {
    let count = 0
    for (const other of this.#recent) if (other > time) count++
    return count
  }

  #mayReorder({ isBidirectional }: Picture): boolean {
    return this.#announcedDepth === undefined ? isBidirectional : this.#announcedDepth > 0
  }

  #measure(ahead: number): void {
    const limit = this.#announcedDepth ?? maxMeasuredDepth
    const depth = Math.min(ahead, limit, maxDepth)
    this.#depth = Math.max(this.#depth, depth)
    this.#depthOfGroup = Math.max(this.#depthOfGroup, depth)
  }

  #deliverFirst(): void {
    const picture = this.#waiting.shift()
    const time = this.#times.shift()
    if (picture === undefined || time === undefined) return
    const decodeTime = Math.max(time, this.#lastDecodeTime + 1)
    this.#lastDecodeTime = decodeTime
    this.#deliver({ picture, decodeTime, compositionTimeOffset: picture.time - decodeTime })
  }
}
