import { hapStatus } from '@hksv/hap'
import type { Clock, MediaSource } from '@hksv/media'

import { eitherSignal } from '../either-signal.ts'
import { AccessoryError } from '../errors.ts'

/** Phones show an older picture rather than none; they do not wait longer than this for a new one. */
const PATIENCE_MS = 1500
/** A controller asked for a picture waits so long. */
const ANSWER_MS = 5000
/** A source that is slower than the answer still leaves a picture for the next one who asks. */
const CAPTURE_MS = 20_000
/** Older than this it shows another day's garden. */
const MAX_AGE_MS = 60_000
/** A home asks for three or four sizes. */
const MAX_KEPT = 4

interface Picture {
  readonly jpeg: Uint8Array
  readonly takenAt: number
}

/** Takes pictures of the source, one at a time of each size, and keeps the last of each. */
export class Snapshots {
  readonly #source: MediaSource
  readonly #clock: Clock
  readonly #running = new Map<string, Promise<Uint8Array>>()
  readonly #kept = new Map<string, Picture>()
  /** Aborted when what is seen from now on must not be mixed with what was. */
  #view = new AbortController()

  constructor(source: MediaSource, clock: Clock) {
    this.#source = source
    this.#clock = clock
  }

  /**
   * A JPEG of about this size; one of up to a minute ago when the source is slow or fails.
   *
   * @throws AccessoryError `SOURCE_FAILED` when there is none, or not within five seconds.
   */
  async take(width: number, height: number): Promise<Uint8Array> {
    const size = `${width}x${height}`
    const capture = this.#running.get(size) ?? this.#capture(size, width, height)
    const kept = this.#keptOf(size)
    if (kept === undefined) {
      return within(capture, ANSWER_MS, () => {
        throw tooSlow()
      })
    }
    return within(capture, PATIENCE_MS, () => kept).catch(() => kept)
  }

  /** Forgets all pictures, and takes none of those under way: the camera was switched off. */
  forget(): void {
    this.#view.abort()
    this.#view = new AbortController()
    this.#running.clear()
    this.#kept.clear()
  }

  #keptOf(size: string): Uint8Array | undefined {
    const picture = this.#kept.get(size)
    const isFresh = picture && this.#clock.now() - picture.takenAt <= MAX_AGE_MS
    return isFresh ? picture.jpeg : undefined
  }

  #capture(size: string, width: number, height: number): Promise<Uint8Array> {
    const deadline = new AbortController()
    const view = this.#view.signal
    const timer = setTimeout(() => deadline.abort(), CAPTURE_MS)
    timer.unref()
    const { signal, release } = eitherSignal(deadline.signal, view)
    const capture = this.#source
      .snapshot({ width, height }, signal)
      .catch((cause: unknown) => {
        throw deadline.signal.aborted
          ? tooSlow(cause)
          : new AccessoryError('SOURCE_FAILED', { cause })
      })
      .then(jpeg => {
        if (!view.aborted) this.#keep(size, jpeg)
        return jpeg
      })
      .finally(() => {
        clearTimeout(timer)
        release()
        if (this.#running.get(size) === capture) this.#running.delete(size)
      })
    this.#running.set(size, capture)
    // Those who asked may have been answered before it fails.
    capture.catch(() => undefined)
    return capture
  }

  #keep(size: string, jpeg: Uint8Array): void {
    this.#kept.delete(size)
    this.#kept.set(size, { jpeg, takenAt: this.#clock.now() })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }
}

/** What `promise` gives, or `late` does after `ms`. */
function within<T>(promise: Promise<T>, ms: number, late: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      try {
        resolve(late())
      } catch (error) {
        reject(error)
      }
    }, ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function tooSlow(cause?: unknown): AccessoryError {
  const message = 'The source took too long for a picture.'
  return new AccessoryError('SOURCE_FAILED', { message, hapStatus: hapStatus.timedOut, cause })
}
