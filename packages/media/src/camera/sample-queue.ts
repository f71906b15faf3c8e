import type { SourceSample } from '../source.ts'

/** A consumer that is so far behind is not there any more. */
const MAX_BYTES = 16 * 2 ** 20

interface Waiting {
  readonly resolve: (result: IteratorResult<SourceSample, void>) => void
  readonly reject: (error: unknown) => void
}

/**
 * Carries samples from whoever receives them to whoever asks for them, in order. It is no generator, each
 * of whose values would be a promise more.
 */
export class SampleQueue {
  #samples: SourceSample[] = []
  #byteLength = 0
  #end: { readonly error?: unknown } | undefined
  #waiting: Waiting | undefined
  /** A picture was left out: those that need it are too. */
  #isGapped = false

  /**
   * Takes a sample.
   * @returns Whether there is room. What does not fit is left out, and with it the pictures up to the next
   * key frame that fits.
   */
  push(sample: SourceSample): boolean {
    const isVideo = sample.track === 'video'
    const isFull = this.#byteLength + sample.data.length > MAX_BYTES
    const isUseless = isVideo && this.#isGapped && !sample.isSync
    if (this.#end !== undefined || isFull || isUseless) {
      if (isVideo) this.#isGapped = true
      return false
    }
    if (isVideo) this.#isGapped = false
    const waiting = this.#waiting
    if (waiting === undefined) {
      this.#samples.push(sample)
      this.#byteLength += sample.data.length
    } else {
      this.#waiting = undefined
      waiting.resolve({ done: false, value: sample })
    }
    return true
  }

  /** What was pushed is still delivered; then it ends, with `error` if there is one. */
  end(error?: unknown): void {
    if (this.#end !== undefined) return
    this.#end = error === undefined ? {} : { error }
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) return
    if (error === undefined) waiting.resolve({ done: true, value: undefined })
    else waiting.reject(error)
  }

  /** What was pushed is not delivered any more. */
  clear(): void {
    this.#samples = []
    this.#byteLength = 0
  }

  /**
   * Waits for the next sample. One at a time may wait.
   * @throws The error that it ended with, once.
   */
  next(): Promise<IteratorResult<SourceSample, void>> {
    const value = this.#samples.shift()
    if (value !== undefined) {
      this.#byteLength -= value.data.length
      return Promise.resolve({ done: false, value })
    }
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject }
      })
    }
    const { error } = this.#end
    this.#end = {}
    if (error !== undefined) return Promise.reject(error)
    return Promise.resolve({ done: true, value: undefined })
  }
}
