/** Brightness of a pixel differs by more than this, of 255, where something moves. */
const MIN_CHANGE = 16
/** Whoever walks slowly has moved enough after so many pictures. */
const SPAN = 4
/** Two in a row, so that one flash is no motion. */
const MIN_MOVING = 2

/**
 * Sees motion in small grey pictures, four a second: in how many of their pixels are brighter or darker
 * than a second ago. A light that is switched on changes all of them alike, which does not count.
 */
export class PictureChangeDetector {
  readonly #minPixels: number
  readonly #pictures: Uint8Array[] = []
  #moving = 0

  /**
   * @param length - Pixels of a picture.
   * @param threshold - Percent of the picture that has to change: above 0, up to 100.
   */
  constructor(length: number, threshold: number) {
    if (!(threshold > 0 && threshold <= 100)) throw new RangeError('a threshold is up to 100 %')
    this.#minPixels = (length * threshold) / 100
  }

  /**
   * Takes the next picture, a byte for each pixel; it is kept for the four after it.
   * @returns Whether something moves.
   */
  push(picture: Uint8Array): boolean {
    this.#pictures.push(picture)
    if (this.#pictures.length <= SPAN) return false
    const before = this.#pictures.shift() ?? picture
    const brighter = (sum(picture) - sum(before)) / picture.length
    let changed = 0
    for (const [i, value] of picture.entries()) {
      if (Math.abs(value - (before[i] ?? 0) - brighter) > MIN_CHANGE) changed++
    }
    this.#moving = changed >= this.#minPixels ? this.#moving + 1 : 0
    return this.#moving >= MIN_MOVING
  }
}

function sum(values: Uint8Array): number {
  return values.reduce((total, value) => total + value, 0)
}
