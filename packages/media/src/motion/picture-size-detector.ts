import type { MediaSample } from '@hksv/fmp4'

/** How a {@link PictureSizeDetector} judges. */
export interface PictureSizeDetectorOptions {
  /** Units a second of the video's decode times. */
  readonly timescale: number
  /** 0 takes next to nothing for motion, 100 next to everything; 50 unless given. */
  readonly sensitivity?: number
}

/** Long enough for every pattern of P and B frames, short enough to be quick. */
const WINDOW_MS = 500
/** Windows behind a key frame that are told apart; what comes later is like the last of them. */
const MAX_PLACES = 20
/** Of each place so many windows are remembered: half a minute with a key frame every two seconds. */
const MEMORY = 16
/** Before so many windows nothing is known of a place. */
const LEARNING = 4
/** Fewer pictures than this are no window. */
const MIN_PICTURES = 3
/** Two in a row, so that one lost packet or one flash is no motion. */
const MIN_MOVING = 2
/** A scene that stays busy for two minutes is what the scene looks like now. */
const MAX_MOVING = 240
/** Sizes differ by this much in a scene in which nothing happens, however steady it is. */
const MIN_SPREAD = 0.1
/** Of a normal distribution: its standard deviation, in median absolute deviations. */
const MAD_TO_SIGMA = 1.4826

/**
 * Sees motion in the sizes of compressed pictures, without decoding them: a camera needs bytes to say
 * what changed. Key frames, which say everything anew, do not count; the pictures behind them shrink as
 * they go, so that half a second is compared with those at the same distance from their key frame.
 * What is normal is learned from the last half minute and goes on being learned, so that rain, a
 * flickering lamp or the night become normal.
 *
 * A camera that is set to a constant bit rate spends the same bytes on a still picture as on a busy
 * one: such a camera shows no motion here.
 *
 * Call {@link PictureSizeDetector.push} with every video sample, in decoding order.
 */
export class PictureSizeDetector {
  readonly #windowLength: number
  readonly #factor: number
  /** Bytes a picture in still windows, oldest first, by their distance from the key frame. */
  readonly #still: number[][] = Array.from({ length: MAX_PLACES }, () => [])
  #windowStart = 0
  #place = 0
  #bytes = 0
  #pictures = 0
  #hasBegun = false
  /** Windows in a row that moved. */
  #moving = 0

  constructor({ timescale, sensitivity = 50 }: PictureSizeDetectorOptions) {
    if (!(timescale > 0)) throw new RangeError('a timescale is above 0')
    if (!(sensitivity >= 0 && sensitivity <= 100)) throw new RangeError('a sensitivity is 0 to 100')
    this.#windowLength = (WINDOW_MS / 1000) * timescale
    // 50 is two standard deviations, 25 more or less are half or twice of it.
    this.#factor = 8 * 2 ** (-sensitivity / 25)
  }

  /** @returns Whether something moves; `undefined` until half a second of pictures is complete. */
  push({ track, decodeTime, isSync, data }: MediaSample): boolean | undefined {
    if (track !== 'video') return undefined
    const elapsed = decodeTime - this.#windowStart
    // What lies before a gap or a jump of the clock tells nothing.
    const isBroken = !this.#hasBegun || elapsed < 0 || elapsed >= 2 * this.#windowLength
    let isMoving: boolean | undefined
    if (isSync || isBroken || elapsed >= this.#windowLength) {
      if (!isBroken && this.#pictures >= MIN_PICTURES) isMoving = this.#judge()
      this.#place = isSync ? 0 : Math.min(this.#place + 1, MAX_PLACES - 1)
      this.#windowStart = decodeTime
      this.#bytes = 0
      this.#pictures = 0
      this.#hasBegun = true
    }
    if (!isSync) {
      this.#bytes += data.length
      this.#pictures++
    }
    return isMoving
  }

  #judge(): boolean {
    const size = this.#bytes / this.#pictures
    const known = this.#still[this.#place] ?? []
    const isStill = known.length < LEARNING || size <= this.#threshold(known)
    this.#moving = isStill ? 0 : this.#moving + 1
    if (this.#moving > MAX_MOVING) {
      for (const place of this.#still) place.length = 0
      this.#moving = 0
    }
    if (isStill) {
      known.push(size)
      if (known.length > MEMORY) known.shift()
    }
    return this.#moving >= MIN_MOVING
  }

  #threshold(known: readonly number[]): number {
    const normal = median(known)
    const deviation = median(known.map(size => Math.abs(size - normal)))
    return normal + this.#factor * Math.max(MAD_TO_SIGMA * deviation, MIN_SPREAD * normal)
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
