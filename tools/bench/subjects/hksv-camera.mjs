// Our camera: `startCamera` as anybody starts it, with a source that delivers what it is asked for.
import { startCamera } from '@hksv/accessory'

import { groupOf, prepareMedia } from '../media.mjs'
import { serve } from './serve.mjs'

const silent = { debug() {}, info() {}, warn() {}, error: fault => console.error(fault) }
let paired
const isPaired = new Promise(resolve => {
  paired = resolve
})

/** A source without a clock: it waits after each fragment that nobody asked for. */
class PreparedSource {
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

let source

serve({
  async start({ storage, setupCode, groups }) {
    source = new PreparedSource(await prepareMedia(groups))
    const camera = await startCamera({
      name: 'Ours',
      source,
      storage,
      setupCode,
      host: '127.0.0.1',
      port: 0,
      mdns: false,
      log: silent,
      onEvent({ event }) {
        if (event === 'paired') paired()
      },
    })
    return camera.info.port
  },
  paired: () => isPaired,
  deliver: count => source.deliver(count),
})
