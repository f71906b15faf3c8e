/** So many distances between key frames are remembered: more than one, because scene cuts add key frames. */
const rememberedDistances = 4

/**
 * Decides at which key frame a fragment ends: at the first one at or after the wanted duration, less
 * half a frame; or earlier, when the key frames come at a distance that would otherwise make the
 * fragment longer than wanted (key frames every 3 s: 3 s rather than 6 s).
 */
export class CutRule {
  readonly #duration: number
  readonly #tolerance: number
  #start = 0
  #lastKeyFrame = 0
  #distances: number[] = []

  /**
   * @param duration - Wanted length of a fragment, in units of the video timescale.
   * @param tolerance - How much longer a fragment may be before a shorter one is better.
   */
  constructor(duration: number, tolerance: number) {
    this.#duration = duration
    this.#tolerance = tolerance
  }

  /** A fragment begins with the key frame at this time. */
  begin(time: number): void {
    this.#start = time
    this.#lastKeyFrame = time
  }

  /**
   * Asks whether the key frame at `time` begins a new fragment.
   * @param frameDuration - Duration of the frame before it.
   */
  isCut(time: number, frameDuration: number): boolean {
    const elapsed = time - this.#start
    this.#distances = [...this.#distances, time - this.#lastKeyFrame].slice(-rememberedDistances)
    this.#lastKeyFrame = time
    if (elapsed >= this.#duration - Math.min(frameDuration / 2, this.#tolerance)) return true
    const next = elapsed + Math.max(...this.#distances)
    return elapsed >= this.#duration / 2 && next > this.#duration + this.#tolerance
  }
}
