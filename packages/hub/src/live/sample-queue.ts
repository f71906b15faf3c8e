import { Inbox } from '../inbox.ts'
import type { LiveSample } from './live-sample.ts'

/** More waits for nobody: a viewer who is slower than the camera misses pictures. */
const MAX_BYTES = 8 * 2 ** 20

/** Samples that came and were not taken yet, within a bound. One reader at a time. */
export class SampleQueue {
  readonly #inbox = new Inbox<LiveSample>()
  #bytes = 0
  #isCut = false
  #dropped = 0

  /** Samples left out because nobody took those before. */
  get dropped(): number {
    return this.#dropped
  }

  /** @returns False when a key frame is wanted: the sample was left out, and so are pictures that need it. */
  push(sample: LiveSample): boolean {
    const isPicture = sample.track === 'video'
    if (this.#bytes + sample.data.length > MAX_BYTES) {
      this.#isCut ||= isPicture
      this.#dropped++
      return !isPicture
    }
    if (isPicture && this.#isCut && !sample.isSync) {
      this.#dropped++
      return true
    }
    if (isPicture) this.#isCut = false
    this.#bytes += sample.data.length
    this.#inbox.push(sample)
    return true
  }

  /** No more will come; those that wait can still be taken. */
  end(): void {
    this.#inbox.end(undefined)
  }

  /** @returns The next one; nothing when there are no more. @throws The reason of `signal`. */
  async take(signal: AbortSignal | undefined): Promise<LiveSample | undefined> {
    try {
      const sample = await this.#inbox.take(signal)
      this.#bytes -= sample.data.length
      return sample
    } catch (error) {
      signal?.throwIfAborted()
      if (error === undefined) return undefined
      throw error
    }
  }
}
