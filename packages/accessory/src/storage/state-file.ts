import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { types } from 'node:util'
import * as v from 'valibot'
import writeFileAtomic from 'write-file-atomic'

import { AccessoryError, isAccessoryError } from '../errors.ts'
import type { SaveReports } from './save-reports.ts'

const FORMAT = 1

const envelope = v.object({ format: v.literal(FORMAT), sha256: v.string(), data: v.unknown() })

/**
 * One JSON file that survives kill -9: it holds either the old or the new state, with a checksum,
 * and the generation before it stays beside it as `NAME.previous`.
 */
export class StateFile<T> {
  readonly path: string
  readonly #schema: v.GenericSchema<unknown, T>
  readonly #reports: SaveReports | undefined
  #written: string | undefined
  #lastWrite: Promise<void> = Promise.resolve()
  #isClosed = false

  /** @param reports Told how each write went. */
  constructor(path: string, schema: v.GenericSchema<unknown, T>, reports?: SaveReports) {
    this.path = path
    this.#schema = schema
    this.#reports = reports
  }

  /**
   * @returns `undefined` when there is no such file.
   * @throws AccessoryError `STORAGE_DAMAGED` when it is not what was written, `STORAGE_NEWER`,
   * `STORAGE_UNUSABLE` when it cannot be read.
   */
  async load(): Promise<T | undefined> {
    let text: string
    try {
      text = await readFile(this.path, 'utf8')
    } catch (cause) {
      if (isNodeError(cause) && cause.code === 'ENOENT') return undefined
      throw unusable(this.path, cause)
    }
    const value = parseState(text, this.#schema, this.path)
    this.#written = text
    return value
  }

  /**
   * Resolves when the value is on the disk. Writes of one file happen in order.
   *
   * @param options.alsoPrevious Replaces the generation before as well: it holds a secret that has to
   * go.
   * @throws AccessoryError `STORAGE_UNUSABLE`
   */
  save(value: T, options: { alsoPrevious?: boolean } = {}): Promise<void> {
    if (this.#isClosed) {
      // By now the directory may be somebody else's.
      const message = `${this.path} is closed: the camera is being stopped.`
      return Promise.reject(new AccessoryError('STORAGE_UNUSABLE', { message }))
    }
    const data: unknown = JSON.parse(JSON.stringify(value))
    const text = `${JSON.stringify({ format: FORMAT, sha256: digest(data), data }, null, 2)}\n`
    const { alsoPrevious = false } = options
    const write = this.#lastWrite.then(() => this.#write(text, alsoPrevious))
    // A failed write is reported to its caller; the next one is tried all the same.
    this.#lastWrite = write.catch(() => undefined)
    return write
  }

  /** Resolves when what was saved before is on the disk. What comes later is refused. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#lastWrite
  }

  async #write(text: string, alsoPrevious: boolean): Promise<void> {
    if (text === this.#written) return
    try {
      // The generation before goes first: killed in between, the next save has to do both again.
      const previous = alsoPrevious ? text : this.#written
      if (previous !== undefined) {
        await writeFileAtomic(`${this.path}.previous`, previous, { mode: 0o600 })
      }
      await writeFileAtomic(this.path, text, { mode: 0o600 })
      await syncDirectory(dirname(this.path))
      this.#written = text
    } catch (cause) {
      const error = unusable(this.path, cause)
      this.#reports?.failed(error)
      throw error
    }
    this.#reports?.succeeded()
  }
}

/**
 * Reads the text of a state file.
 *
 * @throws AccessoryError `STORAGE_DAMAGED`, `STORAGE_NEWER`
 */
export function parseState<T>(text: string, schema: v.GenericSchema<unknown, T>, path: string): T {
  const directory = dirname(path)
  try {
    const json: unknown = JSON.parse(text)
    if (isNewer(json)) throw new AccessoryError('STORAGE_NEWER')
    const { sha256, data } = v.parse(envelope, json)
    if (sha256 !== digest(data)) throw new AccessoryError('STORAGE_DAMAGED')
    return v.parse(schema, data)
  } catch (cause) {
    if (isAccessoryError(cause) && cause.code === 'STORAGE_NEWER') {
      const message =
        `${path} was written by a newer version, whose state this one does not know. Install that ` +
        'version again, or put an older backup back with: hksv state restore FILE --storage ' +
        directory
      throw new AccessoryError('STORAGE_NEWER', { message, cause })
    }
    throw new AccessoryError('STORAGE_DAMAGED', {
      message:
        `${path} is damaged, and without it the camera would lose its identity or its pairings. ` +
        `Put back what was there before with: hksv state restore --storage ${directory}`,
      cause,
    })
  }
}

function isNewer(json: unknown): boolean {
  const { format } = v.is(v.object({ format: v.number() }), json) ? json : { format: FORMAT }
  return format > FORMAT
}

/** Wraps a file system error in a sentence that names the path and the way out. */
export function unusable(path: string, cause: unknown): AccessoryError {
  const code = isNodeError(cause) ? cause.code : undefined
  const why =
    {
      EACCES: 'permission denied',
      EPERM: 'permission denied',
      EROFS: 'the file system is read-only',
      ENOSPC: 'the disk is full',
      ENOTDIR: 'a part of the path is not a directory',
      EEXIST: 'it is not a directory',
      EISDIR: 'it is a directory',
    }[code ?? ''] ?? String(code ?? cause)
  return new AccessoryError('STORAGE_UNUSABLE', {
    message: `Cannot use ${path}: ${why}. Choose another directory with --storage, or make this one writable.`,
    cause,
  })
}

/** Whether this is an error of the operating system, with a code like `ENOENT`. */
export function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  // Test runners have an Error of their own, which those of Node are no instances of.
  return types.isNativeError(error) && 'code' in error && typeof error.code === 'string'
}

function digest(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex')
}

/** A rename is durable only once its directory is. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
