import type { AccessoryError } from '../errors.ts'
import type { Log } from '../log.ts'

/** Says once that the storage cannot be written, and once that it can again. */
export class SaveReports {
  readonly #log: Log
  #isFailing = false

  constructor(log: Log) {
    this.#log = log
  }

  failed(error: AccessoryError): void {
    if (this.#isFailing) return
    this.#isFailing = true
    this.#log.error(
      { err: error },
      `${error.message} Until then it goes on with what it knows, and takes no changes.`,
    )
  }

  succeeded(): void {
    if (this.#isFailing) this.#log.info('The storage can be written again.')
    this.#isFailing = false
  }
}
