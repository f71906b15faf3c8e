// Sources of prepared media without a clock: they deliver what they are asked for, as fast as it is
// taken.
import { setImmediate as nextTurn } from 'node:timers/promises'

import { Fragmenter } from '@hksv/fmp4'

import { groupOf, prepareFragments } from '../media.mjs'

/** What both have of a `MediaSource`, and how much of it is wanted. */
class PreparedSource {
  warnings = []
  media
  #wanted = 0
  #wake = () => undefined

  constructor(media) {
    this.media = media
  }

  get description() {
    return this.media.description
  }

  /** Goes on until `count` more fragments are complete. */
  deliver(count) {
    this.#wanted += count
    this.#wake()
  }

  async *samples(signal) {
    this.#wanted = 0
    signal.addEventListener('abort', () => this.#wake(), { once: true })
    for (let number = 0; !signal.aborted; number++) {
      // Others have their turn between fragments, as with a source that reads from a socket.
      await nextTurn()
      yield* this.fragment(number, signal)
    }
  }

  /** Resolves when the fragment with this number is wanted. */
  async wanted(number, signal) {
    while (number >= this.#wanted && !signal.aborted) {
      await new Promise(resolve => {
        this.#wake = resolve
      })
    }
  }

  async snapshot() {
    return Buffer.from([0xff, 0xd8, 0xff, 0xd9])
  }

  async [Symbol.asyncDispose]() {}
}

/** Delivers the samples of groups of pictures, each of which becomes a fragment. */
export class SampleSource extends PreparedSource {
  async *fragment(number, signal) {
    for (const sample of groupOf(this.media, number)) {
      yield sample
      // The first sound behind its key frame shows that the fragment before is complete.
      if (sample.track === 'audio') await this.wanted(number, signal)
      if (signal.aborted) return
    }
  }
}

/**
 * Delivers fragments that are ready: the Fragmenter of this process is replaced by one that hands out
 * what it is handed, so that only what comes after it is measured.
 */
export class FragmentSource extends PreparedSource {
  #fragments

  constructor(media) {
    super(media)
    this.#fragments = prepareFragments(media)
    Fragmenter.prototype.push = ({ fragment }) => fragment
  }

  async *fragment(number, signal) {
    await this.wanted(number, signal)
    if (!signal.aborted) yield { fragment: this.#fragmentAt(number) }
  }

  /** The same again and again, on a timeline that goes on. */
  #fragmentAt(number) {
    const { length } = this.#fragments
    const { video, audio, ...times } = this.#fragments[number % length]
    const ms = Math.floor(number / length) * length * times.durationMs
    const later = run => ({ ...run, decodeTime: run.decodeTime + (ms * run.timescale) / 1000 })
    return { ...times, video: later(video), audio: later(audio) }
  }
}
