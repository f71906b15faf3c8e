import type { StreamReport } from '../live/live-stream.ts'
import type {
  EventLive,
  EventRecord,
  EventRecording,
  EventSetUp,
  EventVideo,
  Readiness,
} from './event-record.ts'
import { EventCounts, type EventTotals } from './event-totals.ts'
import { outcomeOf } from './outcome.ts'
import { type GrantedRecording, keepAccount, type RecordingAccount } from './recording-account.ts'
import { short } from './short.ts'

export type { RecordingAccount } from './recording-account.ts'

/** A hub that was told of motion asks within this time, or does not. */
const OPEN_WITHIN_MS = 8000
/** Bound of each list in a record. */
const MAX_ITEMS = 64

/** Who asks for a recording. */
interface Hub {
  /** Its pairing id. */
  readonly controllerId: string
  readonly address: string | undefined
}

/**
 * Keeps one record of each event, whatever happens meanwhile. What comes before it is over belongs to
 * it: more motion, a second hub, a recording after the first.
 *
 * An event is over when nothing moves, nobody records, and eight seconds have passed since the last
 * trigger, in which a hub might have asked.
 */
export class EventKeeper {
  readonly #options: {
    readonly camera: string
    readonly lastId: number
    readonly now: () => number
    readonly readiness?: () => Readiness
    readonly changed: (record: EventRecord) => void
  }
  readonly #counts = new EventCounts()
  readonly #setUps = new WeakMap<object, EventSetUp>()
  /** Also those that the record has no room for. */
  readonly #running = new Set<RecordingAccount>()
  #lastId: number
  #current: EventRecord | undefined
  #beganAt = 0
  #triggeredAt = 0
  #isMoving = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: {
    /** Its name. */
    camera: string
    /** The number of the last event there was; they go on from there. */
    lastId: number
    /** Milliseconds that never go back. */
    now: () => number
    /** Asked when a hub begins an event by itself; it counts as `armed` unless given. */
    readiness?: () => Readiness
    /** Told when a record begins, and when it is final; a copy that belongs to the receiver. */
    changed: (record: EventRecord) => void
  }) {
    this.#options = options
    this.#lastId = options.lastId
  }

  /** What is going on now. */
  get current(): EventRecord | undefined {
    return this.#current && structuredClone(this.#current)
  }

  /** All that has happened, to this moment. */
  get totals(): EventTotals {
    return this.#counts.totals
  }

  /** Something happened. `told` are the pairing ids of those who learn of it. */
  triggered(
    kind: 'motion' | 'doorbell',
    of: { source: string; readiness: Readiness; told: readonly string[] },
  ): void {
    this.#triggeredAt = this.#options.now()
    this.#during({ kind, source: short(of.source) }, of.readiness, record => {
      record.triggers++
      // It may have been armed meanwhile: then a hub might ask.
      if (of.readiness === 'armed') record.readiness = 'armed'
      for (const id of of.told) {
        const known = short(id)
        if (!record.told.includes(known)) keep(record, record.told, known)
      }
    })
    this.#settle()
  }

  /** Whether something moves, as controllers are told. */
  moving(isMoving: boolean): void {
    this.#isMoving = isMoving
    if (this.#current === undefined) return
    if (isMoving) delete this.#current.motionEndedAfterMs
    else this.#current.motionEndedAfterMs = this.#after()
    this.#settle()
  }

  /** A hub asked for a data stream; `key` stands for it. */
  setUp(key: object, controllerId: string): void {
    const record = this.#current
    if (record === undefined) return
    const setUp = { controllerId: short(controllerId), afterMs: this.#after() }
    this.#setUps.set(key, setUp)
    keep(record, record.setUps, setUp)
  }

  /** The hub is there. */
  hello(key: object): void {
    const setUp = this.#setUps.get(key)
    // That of an event before is in no record that is still kept.
    if (setUp !== undefined) setUp.helloAfterMs ??= this.#after()
  }

  /** A hub asked for a recording, and was refused. */
  refused(hub: Hub, reason: string): void {
    this.#counts.refused(reason)
    this.#byHub(record => {
      keep(record, record.recordings, { ...this.#opening(hub), refused: short(reason) })
    })
    this.#settle()
  }

  /** A hub asked for a recording, and gets one. */
  granted(hub: Hub, media: { video: EventVideo; hasAudio: boolean }): RecordingAccount {
    return this.#byHub(record => {
      const recording: GrantedRecording = {
        ...this.#opening(hub),
        video: { ...media.video },
        hasAudio: media.hasAudio,
        fragments: 0,
        bytes: 0,
        prebufferMs: 0,
        maxQueuedBytes: 0,
      }
      const isFirst = record.recordings.every(({ refused }) => refused !== undefined)
      if (isFirst && record.trigger.kind !== 'hub') this.#counts.opened(recording.openAfterMs)
      keepGranted(record, recording)
      const account = keepAccount(recording, {
        after: this.#clock(),
        counts: this.#counts,
        ended: () => {
          this.#running.delete(account)
          this.#settle()
        },
      })
      this.#running.add(account)
      return account
    })
  }

  /** Somebody looked, and does no more: a record of its own, whatever else goes on. */
  viewed(report: StreamReport): void {
    const { durationMs = 0 } = report
    const live = liveOf(report)
    const outcome = live.packets > 0 ? 'watched' : 'nothing-shown'
    this.#counts.viewed(live)
    this.#counts.over(outcome)
    this.#options.changed({
      id: ++this.#lastId,
      camera: short(this.#options.camera),
      at: new Date(Date.now() - durationMs).toISOString(),
      trigger: { kind: 'live', source: live.controllerId },
      triggers: 1,
      readiness: 'armed',
      told: [],
      setUps: [],
      recordings: [],
      live,
      sourceFailures: [],
      outcome,
      endedAfterMs: durationMs,
    })
  }

  /** The source broke off. */
  sourceFailed(message: string): void {
    this.#counts.sourceFailed()
    const record = this.#current
    if (record === undefined) return
    keep(record, record.sourceFailures, { afterMs: this.#after(), message: short(message) })
  }

  /** The camera stops: what is going on ends here. */
  close(): void {
    for (const account of [...this.#running]) account.ended('camera', 'camera stopped')
    this.#finish('interrupted')
  }

  /** What a hub does belongs to what is going on, or is an event by itself. */
  #byHub<T>(add: (record: EventRecord) => T): T {
    const readiness = this.#options.readiness?.() ?? 'armed'
    return this.#during({ kind: 'hub', source: 'hub' }, readiness, add)
  }

  /** Adds to the record of what is going on, or begins one: whoever is told of it sees why. */
  #during<T>(
    trigger: EventRecord['trigger'],
    readiness: Readiness,
    add: (record: EventRecord) => T,
  ): T {
    if (this.#current !== undefined) return add(this.#current)
    this.#beganAt = this.#options.now()
    this.#triggeredAt = this.#beganAt
    const record: EventRecord = {
      id: ++this.#lastId,
      camera: short(this.#options.camera),
      at: new Date().toISOString(),
      trigger,
      triggers: 0,
      readiness,
      told: [],
      setUps: [],
      recordings: [],
      sourceFailures: [],
      outcome: 'pending',
    }
    this.#current = record
    const added = add(record)
    this.#options.changed(structuredClone(record))
    return added
  }

  #opening({ controllerId, address }: Hub) {
    return {
      controllerId: short(controllerId),
      openAfterMs: this.#after(),
      ...(address === undefined ? {} : { address: short(address) }),
    }
  }

  /** Whole milliseconds since the event began. */
  #after(): number {
    return this.#clock()()
  }

  /** The same for an event that may not be the current one any more. */
  #clock(): () => number {
    const [{ now }, beganAt] = [this.#options, this.#beganAt]
    return () => Math.round(now() - beganAt)
  }

  /** Ends the record when it is over, or looks again when it can be. */
  #settle(): void {
    clearTimeout(this.#timer)
    const record = this.#current
    if (record === undefined || this.#isMoving || this.#running.size > 0) return
    const wait = this.#triggeredAt + OPEN_WITHIN_MS - this.#options.now()
    if (wait <= 0) this.#finish(outcomeOf(record))
    else {
      this.#timer = setTimeout(() => this.#settle(), wait)
      this.#timer.unref()
    }
  }

  #finish(outcome: EventRecord['outcome']): void {
    const record = this.#current
    clearTimeout(this.#timer)
    this.#current = undefined
    if (record === undefined) return
    record.outcome = outcome
    record.endedAfterMs = this.#after()
    this.#counts.over(outcome)
    this.#options.changed(structuredClone(record))
  }
}

function liveOf(report: StreamReport): EventLive {
  const { controllerId, reason, packets, bytes, firstPacketMs, thinnings, viewer, asked } = report
  return {
    ...{ controllerId: short(controllerId), ...asked, packets, bytes, reason },
    ...(firstPacketMs !== undefined && { firstPacketAfterMs: firstPacketMs }),
    ...(thinnings > 0 && { thinnings }),
    ...viewer,
    // A packet that came twice counts against those that were lost.
    ...(viewer && { lostPackets: Math.max(0, viewer.lostPackets) }),
  }
}

function keep<T>(record: EventRecord, items: T[], item: T): void {
  if (items.length < MAX_ITEMS) items.push(item)
  else record.leftOut = (record.leftOut ?? 0) + 1
}

/** A hub that tries again and again must not leave out the recording that it gets in the end. */
function keepGranted(record: EventRecord, recording: EventRecording): void {
  const { recordings } = record
  const refusal = recordings.findIndex(({ refused }) => refused !== undefined)
  if (recordings.length >= MAX_ITEMS && refusal >= 0) {
    recordings.splice(refusal, 1)
    record.leftOut = (record.leftOut ?? 0) + 1
  }
  keep(record, recordings, recording)
}
