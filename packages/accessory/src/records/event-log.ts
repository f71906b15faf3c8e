import type { Log } from '../log.ts'
import { EventFile, MAX_EVENTS, readEvents } from './event-file.ts'
import { EventKeeper } from './event-keeper.ts'
import type { EventRecord, Readiness } from './event-record.ts'
import type { EventTotals } from './event-totals.ts'

/** The last events of a camera, in memory and on the disk, the one that is going on among them. */
export class EventLog {
  readonly keeper: EventKeeper
  readonly #records: EventRecord[]
  readonly #file: EventFile

  private constructor(
    records: EventRecord[],
    file: EventFile,
    options: {
      camera: string
      now: () => number
      readiness?: () => Readiness
      final: (record: EventRecord) => void
    },
  ) {
    this.#records = records
    this.#file = file
    this.keeper = new EventKeeper({
      ...options,
      lastId: records.at(-1)?.id ?? 0,
      changed: record => {
        this.#file.append(record)
        if (record.outcome === 'pending') return
        records.push(record)
        if (records.length > MAX_EVENTS) records.shift()
        options.final(record)
      },
    })
  }

  /** Reads what is there. An event that a kill left open was interrupted. */
  static async open(options: {
    directory: string
    camera: string
    now: () => number
    log: Log
    /** Asked when a hub begins an event by itself; it counts as `armed` unless given. */
    readiness?: () => Readiness
    /** Told of each record that is final. */
    final: (record: EventRecord) => void
  }): Promise<EventLog> {
    const file = new EventFile(options.directory, options.log)
    const records = await readEvents(options.directory)
    for (const record of records) {
      if (record.outcome !== 'pending') continue
      record.outcome = 'interrupted'
      file.append(record)
    }
    return new EventLog(records, file, options)
  }

  /** Oldest first. */
  get records(): readonly EventRecord[] {
    const { current } = this.keeper
    return current === undefined ? this.#records : [...this.#records, current]
  }

  /** All that has happened since the start, to this moment. */
  get totals(): EventTotals {
    return this.keeper.totals
  }

  /** Ends what is going on, and waits for the disk. */
  async close(): Promise<void> {
    this.keeper.close()
    await this.#file.close()
  }
}
