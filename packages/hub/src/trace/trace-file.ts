import { closeSync, openSync, writeSync } from 'node:fs'

import { HubError } from '../errors.ts'
import { isNodeError, systemReason } from '../store/secure-file.ts'
import { Trace } from './trace.ts'
import type { TraceEntry } from './trace-entry.ts'

/** What a trace is written with. */
export interface TraceFileOptions {
  /** Told once when it breaks off, with `HUB_TRACE_UNWRITABLE`. What is traced goes on. */
  readonly onFailure?: (error: HubError) => void
}

/**
 * A trace in a file (0600): one JSON object a line. Each is written as it happens, so that what was
 * said before a crash is there.
 */
export class TraceFile {
  readonly path: string
  readonly trace: Trace
  readonly #onFailure: (error: HubError) => void
  #file: number | undefined

  private constructor(path: string, file: number, { onFailure }: TraceFileOptions) {
    this.path = path
    this.#onFailure = onFailure ?? (() => undefined)
    this.#file = file
    this.trace = new Trace(entry => this.#write(entry))
  }

  /** @throws HubError `HUB_TRACE_UNWRITABLE`, also when there is such a file already. */
  static create(path: string, options: TraceFileOptions = {}): TraceFile {
    try {
      return new TraceFile(path, openSync(path, 'wx', 0o600), options)
    } catch (cause) {
      throw unwritable(path, cause)
    }
  }

  /** Ends it; nothing is written any more. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #write(entry: TraceEntry): void {
    if (this.#file === undefined) return
    try {
      writeSync(this.#file, `${JSON.stringify(entry)}\n`)
    } catch (error) {
      this.#file = undefined
      this.#onFailure(unwritable(this.path, error))
    }
  }
}

function unwritable(path: string, cause: unknown): HubError {
  const isThere = isNodeError(cause) && cause.code === 'EEXIST'
  const why = isThere ? 'there is such a file already' : systemReason(cause)
  const message = `The trace ${path} cannot be written: ${why}. Choose another path, or make room.`
  return new HubError('HUB_TRACE_UNWRITABLE', { message, cause })
}
