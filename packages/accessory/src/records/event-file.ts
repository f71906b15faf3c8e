import { appendFile, readFile, rename, stat } from 'node:fs/promises'
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
/** Lines that wait for a disk that is slow; beyond these they are lost. */
const MAX_WAITING = 256

/**
 * Reads the events of a storage directory, also of a camera that runs.
 *
 * @returns The last 200, oldest first; what cannot be read is left out.
 */
export async function readEvents(directory: string): Promise<EventRecord[]> {
  const texts = await Promise.all(
    [PREVIOUS, CURRENT].map(name => readFile(join(directory, name), 'utf8').catch(() => '')),
  )
  const records = new Map<number, EventRecord>()
  for (const line of texts.join('\n').split('\n')) {
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
  readonly #waiting: string[] = []
  #writing: Promise<void> | undefined
  #isFailing = false

  constructor(directory: string, log: Log) {
    this.#path = join(directory, CURRENT)
    this.#previous = join(directory, PREVIOUS)
    this.#log = log
  }

  /** Writes a line as soon as the disk takes it. */
  append(record: EventRecord): void {
    if (this.#waiting.length >= MAX_WAITING) return
    this.#waiting.push(`${JSON.stringify(record)}\n`)
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0)
      try {
        await this.#makeRoom()
        // A line that a kill or a full disk left half written must not swallow the next one.
        await appendFile(this.#path, `\n${lines.join('')}`, { mode: 0o600 })
        this.#isFailing = false
      } catch (error) {
        if (!this.#isFailing) {
          this.#log.warn({ err: error }, `Events cannot be written to ${this.#path}.`)
        }
        this.#isFailing = true
      }
    }
  }

  async #makeRoom(): Promise<void> {
    const size = await stat(this.#path).then(
      ({ size: bytes }) => bytes,
      () => 0,
    )
    if (size >= MAX_BYTES) await rename(this.#path, this.#previous)
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
