/** How much of a growing delay is followed with each frame. */
const rise = 1 / 1024
/** A difference that is no delay but another timeline. */
const maxStepMs = 1000

/**
 * Tells which moment of a source's timeline is now: one for the video and the audio of a viewer, so that
 * the sender reports of both say the same and sound and picture stay together. It follows the frame that
 * came with the least delay, and slowly the difference between the source's clock and ours.
 */
export class LiveClock {
  /** Ours less the source's, in ms. */
  #shiftMs: number | undefined

  /** Takes the time of a frame that came at `now`, both in ms. */
  observe(mediaMs: number, now: number): void {
    const delay = now - mediaMs
    const shift = this.#shiftMs
    if (shift === undefined || delay < shift || delay > shift + maxStepMs) this.#shiftMs = delay
    else this.#shiftMs = shift + (delay - shift) * rise
  }

  /** @returns The moment of the source's timeline that is `now`, in ms; nothing before the first frame. */
  mediaTime(now: number): number | undefined {
    return this.#shiftMs === undefined ? undefined : now - this.#shiftMs
  }
}
