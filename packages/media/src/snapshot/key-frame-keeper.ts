import type { Clock } from '../clock.ts'
import type { PictureSize, VideoDescription } from '../source.ts'
import { keyFrameSnapshot } from './key-frame-snapshot.ts'
import { checkPictureSize, noPicture } from './no-picture.ts'

/** A key frame of so long ago is as good as a new one for a picture. */
const FRESH_MS = 10_000

/** Remembers the newest key frame of a live source, and makes pictures of it. */
export class KeyFrameKeeper {
  readonly #ffmpeg: string
  readonly #clock: Clock
  #kept: { readonly data: Uint8Array; video: VideoDescription; takenAt: number } | undefined

  /** @param ffmpeg - Name or path of the program. */
  constructor(ffmpeg: string, clock: Clock) {
    this.#ffmpeg = ffmpeg
    this.#clock = clock
  }

  /** Takes a key frame; it is copied. */
  keep(data: Uint8Array, video: VideoDescription): void {
    this.#kept = { data: Buffer.from(data), video, takenAt: this.#clock.now() }
  }

  /**
   * Makes a picture of the newest key frame.
   * @param show - Makes a key frame come when there is none of late.
   * @returns A JPEG file; the "no picture" still when there is no ffmpeg, or nothing came.
   * @throws RangeError for an impossible size; the reason of the signal.
   */
  async picture(
    size: PictureSize,
    signal: AbortSignal,
    show: () => Promise<void>,
  ): Promise<Uint8Array> {
    checkPictureSize(size)
    signal.throwIfAborted()
    const age = this.#clock.now() - (this.#kept?.takenAt ?? Number.NEGATIVE_INFINITY)
    if (age > FRESH_MS) await show()
    const { data, video } = this.#kept ?? {}
    const picture =
      data && video && (await keyFrameSnapshot(this.#ffmpeg, size, video, data, signal))
    return picture ?? noPicture(size)
  }
}
