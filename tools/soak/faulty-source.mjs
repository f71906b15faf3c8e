import { openSource } from '../../packages/media/dist/index.js'

/** How much faster than time the camera lives: a fragment of four seconds each fifth of one. */
const SPEED = 20

/** Sleeps are shorter; everything else is as with a file. */
const fastClock = {
  now: () => performance.now() * SPEED,
  sleepUntil: (time, signal) =>
    new Promise(resolve => {
      const wake = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.max(0, time / SPEED - performance.now()))
      signal.addEventListener('abort', wake, { once: true })
      if (signal.aborted) wake()
    }),
}

/** The built-in sample, faster, and with ends and errors where they are asked for. */
export class FaultySource {
  #source
  #fault
  #wake = () => undefined
  /** That of the reading that runs. */
  signal

  constructor(source) {
    this.#source = source
  }

  static async open() {
    return new FaultySource(await openSource('sample', { clock: fastClock }))
  }

  get description() {
    return this.#source.description
  }

  get warnings() {
    return this.#source.warnings
  }

  /** @param {'end' | 'throw' | 'stall'} fault What comes instead of the next sample. */
  fail(fault) {
    this.#fault = fault
    this.#wake()
  }

  async *samples(signal, wanted) {
    this.signal = signal
    for await (const sample of this.#source.samples(signal, wanted)) {
      const fault = this.#fault
      this.#fault = undefined
      if (fault === 'end') return
      if (fault === 'throw') throw new Error('the source was told to fail')
      if (fault === 'stall') await this.#stalled(signal)
      yield sample
    }
  }

  snapshot(size, signal) {
    return this.#source.snapshot(size, signal)
  }

  [Symbol.asyncDispose]() {
    return this.#source[Symbol.asyncDispose]()
  }

  /** Nothing comes any more until it is told to fail, or nobody reads. */
  #stalled(signal) {
    return new Promise(resolve => {
      this.#wake = () => {
        signal.removeEventListener('abort', this.#wake)
        this.#wake = () => undefined
        resolve()
      }
      signal.addEventListener('abort', this.#wake, { once: true })
    })
  }
}
