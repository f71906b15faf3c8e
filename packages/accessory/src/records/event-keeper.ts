import type {
  EventRecord,
  EventRecording,
  EventSetUp,
  EventVideo,
  Readiness,
} from './event-record.ts'
import { outcomeOf } from './outcome.ts'

/** A hub that was told of motion asks within this time, or does not. */
const OPEN_WITHIN_MS = 8000
/** Bounds of a record: what comes beyond is counted, not kept. */
const MAX_ITEMS = 64
const MAX_TEXT = 256

/** What a camera tells of a recording that it granted. */
export interface RecordingAccount {
  initSent(bytes: number): void
  /** `prebufferMs` is how much of the fragment lies before the hub asked. */
  fragmentSent(
    bytes: number,
    of: { queuedBytes: number; prebufferMs: number; hasBFrames: boolean },
  ): void
  ended(by: NonNullable<EventRecording['ended']>['by'], reason: string): void
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
    readonly changed: (record: EventRecord) => void
  }
  readonly #setUps = new WeakMap<object, EventSetUp>()
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

  /** Something happened. `told` are the pairing ids of those who learn of it. */
  triggered(
    kind: 'motion' | 'doorbell',
    of: { source: string; readiness: Readiness; told: readonly string[] },
  ): void {
    const record = this.#current ?? this.#begin(kind, of.source, of.readiness)
    record.triggers++
    for (const id of of.told) this.#keep(record.told, short(id))
    this.#triggeredAt = this.#options.now()
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
    if (this.#current === undefined) return
    const setUp = { controllerId: short(controllerId), afterMs: this.#after() }
    this.#setUps.set(key, setUp)
    this.#keep(this.#current.setUps, setUp)
  }

  /** The hub is there. */
  hello(key: object): void {
    const setUp = this.#setUps.get(key)
    if (setUp !== undefined && this.#current !== undefined) setUp.helloAfterMs = this.#after()
  }

  /** A hub asked for a recording, and was refused. */
  refused(hub: { controllerId: string; address: string | undefined }, reason: string): void {
    const record = this.#current ?? this.#begin('hub', 'hub', 'armed')
    this.#keep(record.recordings, { ...this.#opening(hub), refused: short(reason) })
    this.#settle()
  }

  /** A hub asked for a recording, and gets one. */
  granted(
    hub: { controllerId: string; address: string | undefined },
    media: { video: EventVideo; hasAudio: boolean },
  ): RecordingAccount {
    const record = this.#current ?? this.#begin('hub', 'hub', 'armed')
    const numbers = { fragments: 0, bytes: 0, prebufferMs: 0, maxQueuedBytes: 0 }
    const recording: EventRecording & typeof numbers = {
      ...this.#opening(hub),
      ...media,
      ...numbers,
    }
    this.#keep(record.recordings, recording)
    return {
      initSent: bytes => {
        recording.initAfterMs = this.#after()
        recording.bytes += bytes
      },
      fragmentSent: (bytes, { queuedBytes, prebufferMs, hasBFrames }) => {
        if (recording.video && hasBFrames) recording.video.hasBFrames = true
        recording.firstFragmentAfterMs ??= this.#after()
        recording.fragments++
        recording.bytes += bytes
        recording.prebufferMs += prebufferMs
        recording.maxQueuedBytes = Math.max(recording.maxQueuedBytes, queuedBytes)
      },
      ended: (by, reason) => {
        recording.ended ??= { afterMs: this.#after(), by, reason: short(reason) }
        this.#settle()
      },
    }
  }

  /** The source broke off. */
  sourceFailed(message: string): void {
    if (this.#current === undefined) return
    this.#keep(this.#current.sourceFailures, { afterMs: this.#after(), message: short(message) })
  }

  /** The camera stops: what is going on is interrupted. */
  close(): void {
    if (this.#current !== undefined) this.#finish('interrupted')
  }

  #begin(kind: EventRecord['trigger']['kind'], source: string, readiness: Readiness): EventRecord {
    const record: EventRecord = {
      id: ++this.#lastId,
      camera: short(this.#options.camera),
      at: new Date().toISOString(),
      trigger: { kind, source: short(source) },
      triggers: 0,
      readiness,
      told: [],
      setUps: [],
      recordings: [],
      sourceFailures: [],
      outcome: 'pending',
    }
    this.#beganAt = this.#options.now()
    this.#triggeredAt = this.#beganAt
    this.#current = record
    this.#options.changed(structuredClone(record))
    return record
  }

  #opening({ controllerId, address }: { controllerId: string; address: string | undefined }) {
    return {
      controllerId: short(controllerId),
      openAfterMs: this.#after(),
      ...(address === undefined ? {} : { address: short(address) }),
    }
  }

  #keep<T>(items: T[], item: T): void {
    if (items.length < MAX_ITEMS && !items.includes(item)) items.push(item)
  }

  /** Whole milliseconds since the event began. */
  #after(): number {
    return Math.round(this.#options.now() - this.#beganAt)
  }

  /** Ends the record when it is over, or looks again when it can be. */
  #settle(): void {
    clearTimeout(this.#timer)
    const record = this.#current
    if (record === undefined || this.#isMoving || record.recordings.some(isRunning)) return
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
    this.#options.changed(structuredClone(record))
  }
}

function isRunning({ refused, ended }: EventRecording): boolean {
  return refused === undefined && ended === undefined
}

/** What came from outside, in a length and form that a terminal can be given. */
function short(text: string): string {
  const printable = text.slice(0, MAX_TEXT).replace(/\p{Cc}/gu, '�')
  return text.length > MAX_TEXT ? `${printable.slice(0, MAX_TEXT - 1)}…` : printable
}
