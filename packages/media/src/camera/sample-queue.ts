import type { SourceSample } from '../source.ts'

/** A consumer that is so far behind is not there any more. */
const MAX_BYTES = 16 * 2 ** 20

/** Carries samples from whoever receives them to whoever iterates, in order, with copies of their data. */
export class SampleQueue implements AsyncIterable<SourceSample> {
  readonly #samples: SourceSample[] = []
  #byteLength = 0
  #end: { readonly error?: unknown } | undefined
  #wake: (() => void) | undefined
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
    this.#samples.push({ ...sample, data: Buffer.from(sample.data) })
    this.#byteLength += sample.data.length
    this.#wake?.()
    return true
  }

  /** What was pushed is still delivered; then it ends, with `error` if there is one. */
  end(error?: unknown): void {
    this.#end ??= error === undefined ? {} : { error }
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SourceSample, void> {
    for (;;) {
      const sample = this.#samples.shift()
      if (sample !== undefined) {
        this.#byteLength -= sample.data.length
        yield sample
      } else if (this.#end === undefined) {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
        this.#wake = undefined
      } else {
        if ('error' in this.#end) throw this.#end.error
        return
      }
    }
  }
}
