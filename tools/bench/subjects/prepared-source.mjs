// A source of prepared media without a clock: it delivers what it is asked for, as fast as it is taken.
import { setImmediate as nextTurn } from 'node:timers/promises'

import { groupOf } from '../media.mjs'

/** A `MediaSource` of groups of pictures, each of which becomes a fragment. */
export class PreparedSource {
  warnings = []
  #media
  #wanted = 0
  #wake = () => undefined

  constructor(media) {
    this.#media = media
  }

  get description() {
    return this.#media.description
  }

  /** Goes on until `count` more fragments are complete. */
  deliver(count) {
    this.#wanted += count
    this.#wake()
  }

  async *samples(signal) {
    this.#wanted = 0
    signal.addEventListener('abort', () => this.#wake(), { once: true })
    for (let number = 0; ; number++) {
      // Others have their turn between fragments, as with a source that reads from a socket.
      await nextTurn()
      for (const sample of groupOf(this.#media, number)) {
        yield sample
        // The first sound behind its key frame shows that the fragment before is complete.
        if (sample.track === 'audio' && this.#isDone(number)) await this.#asked(number, signal)
        if (signal.aborted) return
      }
    }
  }

  async snapshot() {
    return Buffer.from([0xff, 0xd8, 0xff, 0xd9])
  }

  async [Symbol.asyncDispose]() {}

  #isDone(number) {
    return number >= this.#wanted
  }

  async #asked(number, signal) {
    while (this.#isDone(number) && !signal.aborted) {
      await new Promise(resolve => {
        this.#wake = resolve
      })
    }
  }
}
