import { dataSendReason } from '@hksv/hds'

import type { EventLive, EventOutcome, EventRecording } from './event-record.ts'

/** Who ends a recording. */
type EndedBy = NonNullable<EventRecording['ended']>['by']

/** From a camera beside its hub to one whose hub is far. */
const BOUNDS_MS = [50, 100, 250, 500, 1000, 2000, 3000, 5000, 8000, 15_000]

/** Reasons that are counted by name; a hub may make up others. */
const REASONS: ReadonlySet<string> = new Set([
  ...Object.keys(dataSendReason),
  'acknowledged',
  'expired',
  'stalled',
  'HAP connection lost',
  'protocol error',
  'connection lost',
  'camera stopped',
])

/** How long something took, counted in buckets. */
export interface DelayTotals {
  /** How often it took at most so long, each with those below it. */
  readonly buckets: readonly { readonly atMostMs: number; readonly count: number }[]
  /** How often it happened, however long it took. */
  readonly count: number
  readonly sumMs: number
}

/** What was sent to those who looked. */
export interface LiveTotals {
  /** By why they ended. */
  readonly views: readonly { readonly reason: string; readonly count: number }[]
  /** Of pictures and sound, and bytes of their payloads. */
  readonly packets: number
  readonly bytes: number
  /** Packets of pictures that viewers said they never got. */
  readonly lostPackets: number
  /** How often key frames went alone for a while. */
  readonly thinnings: number
}

/** What has happened since the camera was started. None of it ever falls; names are a few dozen at most. */
export interface EventTotals {
  /** Events that are over, by what became of them. */
  readonly events: Readonly<Record<Exclude<EventOutcome, 'pending'>, number>>
  /** Recordings that are over, by who ended them and why. */
  readonly recordings: readonly {
    readonly by: EndedBy
    readonly reason: string
    readonly count: number
  }[]
  /** Hubs that asked for a recording and were refused. */
  readonly refusals: readonly { readonly reason: string; readonly count: number }[]
  /** Media fragments sent. */
  readonly fragments: number
  /** Bytes sent in recordings, initializations included. */
  readonly bytes: number
  /** Times that the source broke off, also between events. */
  readonly sourceFailures: number
  /** Live views that are over. */
  readonly live: LiveTotals
  /** From motion or a press to the first hub that opens a recording of it. */
  readonly openDelay: DelayTotals
  /** From each open to the first fragment. */
  readonly firstFragmentDelay: DelayTotals
}

/** Counts what the keeper of the records is told, as it happens: an event may last for days. */
export class EventCounts {
  readonly #events = noEvents()
  readonly #recordings = new Map<string, { by: EndedBy; reason: string; count: number }>()
  readonly #refusals = new Map<string, { reason: string; count: number }>()
  readonly #openDelay = new Delays()
  readonly #firstFragmentDelay = new Delays()
  readonly #views = new Map<string, number>()
  readonly #live = { packets: 0, bytes: 0, lostPackets: 0, thinnings: 0 }
  #fragments = 0
  #bytes = 0
  #sourceFailures = 0

  /** A copy that stays as it is. */
  get totals(): EventTotals {
    return {
      events: { ...this.#events },
      recordings: [...this.#recordings.values()].map(each => ({ ...each })),
      refusals: [...this.#refusals.values()].map(each => ({ ...each })),
      fragments: this.#fragments,
      bytes: this.#bytes,
      sourceFailures: this.#sourceFailures,
      live: {
        views: [...this.#views].map(([reason, count]) => ({ reason, count })),
        ...this.#live,
      },
      openDelay: this.#openDelay.totals,
      firstFragmentDelay: this.#firstFragmentDelay.totals,
    }
  }

  over(outcome: EventOutcome): void {
    if (outcome !== 'pending') this.#events[outcome]++
  }

  refused(reason: string): void {
    const name = known(reason)
    const entry = this.#refusals.get(name) ?? { reason: name, count: 0 }
    entry.count++
    this.#refusals.set(name, entry)
  }

  /** The first recording of what was triggered. */
  opened(afterMs: number): void {
    this.#openDelay.add(afterMs)
  }

  sent(bytes: number): void {
    this.#bytes += bytes
  }

  fragment(): void {
    this.#fragments++
  }

  firstFragment(afterMs: number): void {
    this.#firstFragmentDelay.add(afterMs)
  }

  ended(by: EndedBy, reason: string): void {
    const name = known(reason)
    const key = `${by} ${name}`
    const entry = this.#recordings.get(key) ?? { by, reason: name, count: 0 }
    entry.count++
    this.#recordings.set(key, entry)
  }

  /** Reasons are those of `StreamEnd`. */
  viewed({ reason, packets, bytes, lostPackets = 0, thinnings = 0 }: EventLive): void {
    this.#views.set(reason, (this.#views.get(reason) ?? 0) + 1)
    this.#live.packets += packets
    this.#live.bytes += bytes
    this.#live.lostPackets += lostPackets
    this.#live.thinnings += thinnings
  }

  sourceFailed(): void {
    this.#sourceFailures++
  }
}

class Delays {
  readonly #counts = BOUNDS_MS.map(() => 0)
  #count = 0
  #sumMs = 0

  get totals(): DelayTotals {
    const buckets = BOUNDS_MS.map((atMostMs, i) => ({ atMostMs, count: this.#counts[i] ?? 0 }))
    return { buckets, count: this.#count, sumMs: this.#sumMs }
  }

  add(ms: number): void {
    this.#count++
    this.#sumMs += ms
    for (const [i, bound] of BOUNDS_MS.entries()) {
      if (ms <= bound) this.#counts[i] = (this.#counts[i] ?? 0) + 1
    }
  }
}

function known(reason: string): string {
  return REASONS.has(reason) ? reason : 'other'
}

function noEvents(): Record<Exclude<EventOutcome, 'pending'>, number> {
  return {
    recorded: 0,
    'cut-short': 0,
    'not-paired': 0,
    'camera-off': 0,
    'manually-disabled': 0,
    'recording-off': 0,
    'nothing-selected': 0,
    'nobody-told': 0,
    'never-opened': 0,
    refused: 0,
    'source-failed': 0,
    stalled: 0,
    interrupted: 0,
    watched: 0,
    'nothing-shown': 0,
  }
}
