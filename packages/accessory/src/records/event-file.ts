import { appendFile, open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { Log } from '../log.ts'
import type { EventRecord } from './event-record.ts'
import { parseEventRecord } from './event-schema.ts'

const CURRENT = 'events.jsonl'
const PREVIOUS = 'events.previous.jsonl'
/** At this size a file gives way to a new one; two are kept. */
const MAX_BYTES = 1024 * 1024
/** How many events are remembered. */
export const MAX_EVENTS = 200
/** Bytes of lines that wait for a disk that is slow, to be written at once; what is more is lost. */
const MAX_WAITING_BYTES = MAX_BYTES / 2

/**
 * Reads the events of a storage directory, also of a camera that runs.
 *
 * @returns The last 200, oldest first; what cannot be read is left out.
 */
export async function readEvents(directory: string): Promise<EventRecord[]> {
  const read = (name: string) => readEnd(join(directory, name)).catch(() => '')
  // In this order: a file that gives way in between is read twice, rather than not at all.
  const current = await read(CURRENT)
  const previous = await read(PREVIOUS)
  const records = new Map<number, EventRecord>()
  for (const line of `${previous}\n${current}`.split('\n')) {
    const record = line === '' ? undefined : parseEventRecord(parseJson(line))
    // Each event has a line when it begins and one when it is over: the last one counts.
    if (record !== undefined) records.set(record.id, record)
  }
  return [...records.values()].sort((a, b) => a.id - b.id).slice(-MAX_EVENTS)
}

/**
 * The events on the disk, a line each, 2 MiB at most. They are no state: a line that cannot be written
 * is lost, and said once.
 */
export class EventFile {
  readonly #path: string
  readonly #previous: string
  readonly #log: Log
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #writing: Promise<void> | undefined
  #isFailing = false

  constructor(directory: string, log: Log) {
    this.#path = join(directory, CURRENT)
    this.#previous = join(directory, PREVIOUS)
    this.#log = log
  }

  /** Writes a line as soon as the disk takes it. */
  append(record: EventRecord): void {
    const line = Buffer.from(`${JSON.stringify(record)}\n`)
    if (this.#waitingBytes + line.length > MAX_WAITING_BYTES) {
      this.#failed(undefined)
      return
    }
    this.#waiting.push(line)
    this.#waitingBytes += line.length
    this.#writing ??= this.#write()
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      // A line that a kill or a full disk left half written must not swallow the next one.
      const bytes = Buffer.concat([Buffer.from('\n'), ...this.#waiting])
      this.#waiting = []
      this.#waitingBytes = 0
      try {
        await this.#makeRoom(bytes.length)
        await appendFile(this.#path, bytes, { mode: 0o600 })
        this.#isFailing = false
      } catch (error) {
        this.#failed(error)
      }
    }
    // At once: what is appended a moment later begins anew.
    this.#writing = undefined
  }

  async #makeRoom(length: number): Promise<void> {
    const size = await stat(this.#path).then(
      ({ size: bytes }) => bytes,
      () => 0,
    )
    if (size > 0 && size + length > MAX_BYTES) await rename(this.#path, this.#previous)
  }

  /** Says it once, until something has been written again. */
  #failed(error: unknown): void {
    if (!this.#isFailing) {
      this.#log.warn({ err: error }, `Events cannot be written to ${this.#path}; some are lost.`)
    }
    this.#isFailing = true
  }
}

/** As much as a file has when nobody else writes it; a line that this cuts is a damaged one. */
async function readEnd(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const length = Math.min(size, MAX_BYTES)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // A damaged line is no record.
    return undefined
  }
}
