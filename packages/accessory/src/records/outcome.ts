import type { EventOutcome, EventRecord, EventRecording } from './event-record.ts'

/** Ends of a recording after which the hub has what it wanted. */
const GOOD_ENDS: ReadonlySet<string> = new Set(['normal', 'acknowledged'])

/** What became of an event that is over. */
export function outcomeOf(record: EventRecord): EventOutcome {
  const granted = record.recordings.filter(({ refused }) => refused === undefined)
  if (granted.length > 0) return outcomeOfRecordings(granted)
  if (record.readiness !== 'armed') return record.readiness
  if (record.recordings.length > 0) return 'refused'
  if (record.sourceFailures.length > 0) return 'source-failed'
  return record.told.length === 0 ? 'nobody-told' : 'never-opened'
}

/** The best of them counts: a hub may try again after a failure. */
function outcomeOfRecordings(recordings: readonly EventRecording[]): EventOutcome {
  const hasFragments = recordings.filter(({ fragments = 0 }) => fragments > 0)
  const isGood = ({ ended }: EventRecording) => GOOD_ENDS.has(ended?.reason ?? '')
  if (hasFragments.some(isGood)) return 'recorded'
  const ends = recordings.map(({ ended }) => ended)
  if (ends.some(isOurStop)) return 'interrupted'
  if (ends.some(isSlowHub)) return 'stalled'
  const isOurFailure = (end: EventRecording['ended']) =>
    end?.by === 'camera' && end.reason === 'unexpectedFailure'
  if (ends.some(isOurFailure)) return 'source-failed'
  return 'cut-short'
}

function isSlowHub(end: EventRecording['ended']): boolean {
  return end?.by === 'camera' && (end.reason === 'stalled' || end.reason === 'timeout')
}

/** The camera closed the recording, or the connection under it, because it was stopped. */
function isOurStop(end: EventRecording['ended']): boolean {
  return end?.by === 'camera' && (end.reason === 'cancelled' || end.reason === 'camera stopped')
}
