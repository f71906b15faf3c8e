import type { Clock } from '@hksv/media'

import type { Log } from '../log.ts'

/** The same is said again after this long. */
const REPEAT_MS = 10 * 60_000

/** Whom a {@link SourceTroubles} tells. */
export interface SourceTroublesOptions {
  readonly log: Log
  readonly clock: Clock
  /** Told each time that the source breaks off. */
  readonly failed: (message: string, isRepeated: boolean) => void
}

/** Says what a source has broken off with: each reason once in ten minutes, and when it is well again. */
export class SourceTroubles {
  readonly #options: SourceTroublesOptions
  #since: number | undefined
  #said: { readonly message: string; readonly at: number } | undefined

  constructor(options: SourceTroublesOptions) {
    this.#options = options
  }

  /** The source broke off; `failure` is absent when it did without an error. */
  brokeOff(failure: { readonly error: unknown } | undefined): void {
    const { clock, log, failed } = this.#options
    const { error } = failure ?? {}
    const text = error instanceof Error ? error.message : String(error)
    const message = failure
      ? `The source failed: ${text}`
      : 'The source ended; it is started again.'
    const now = clock.now()
    this.#since ??= now
    const isNews = this.#said?.message !== message || now - this.#said.at >= REPEAT_MS
    if (isNews) {
      this.#said = { message, at: now }
      log.error({ err: error }, message)
    } else log.debug(message)
    failed(message, !isNews)
  }

  /** A sample came. */
  goesWell(): void {
    if (this.#since === undefined) return
    const seconds = Math.round((this.#options.clock.now() - this.#since) / 1000)
    this.#since = undefined
    this.#options.log.info(`The source is there again, after ${seconds} s.`)
  }
}
