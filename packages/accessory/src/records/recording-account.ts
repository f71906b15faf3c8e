import type { EventRecording } from './event-record.ts'
import type { EventCounts } from './event-totals.ts'
import { short } from './short.ts'

/** What a camera tells of a recording that it granted. */
export interface RecordingAccount {
  initSent(bytes: number): void
  /**
   * `prebufferMs` is how much of the fragment lies before the hub asked, `durationMs` how long all of
   * it lasts.
   */
  fragmentSent(
    bytes: number,
    of: { queuedBytes: number; prebufferMs: number; hasBFrames: boolean; durationMs?: number },
  ): void
  /** Nothing is sent any more. Only the first end counts. */
  ended(by: NonNullable<EventRecording['ended']>['by'], reason: string): void
}

/** A recording that was granted, with what is added up in it. */
export type GrantedRecording = EventRecording &
  Record<'fragments' | 'bytes' | 'prebufferMs' | 'maxQueuedBytes', number>

/**
 * Keeps the account of one recording in its record and in the totals.
 *
 * @param of.after Whole milliseconds since the event began.
 * @param of.ended Told of the end, once.
 */
export function keepAccount(
  recording: GrantedRecording,
  of: { after: () => number; counts: EventCounts; ended: () => void },
): RecordingAccount {
  const { after, counts } = of
  return {
    initSent(bytes) {
      recording.initAfterMs ??= after()
      recording.bytes += bytes
      counts.sent(bytes)
    },
    fragmentSent(bytes, { queuedBytes, prebufferMs, hasBFrames, durationMs }) {
      if (recording.video && hasBFrames) recording.video.hasBFrames = true
      if (recording.firstFragmentAfterMs === undefined) {
        recording.firstFragmentAfterMs = after()
        counts.firstFragment(recording.firstFragmentAfterMs - recording.openAfterMs)
      }
      recording.fragments++
      recording.bytes += bytes
      recording.prebufferMs += prebufferMs
      if (durationMs !== undefined) recording.mediaMs = (recording.mediaMs ?? 0) + durationMs
      recording.maxQueuedBytes = Math.max(recording.maxQueuedBytes, queuedBytes)
      counts.fragment()
      counts.sent(bytes)
    },
    ended(by, reason) {
      if (recording.ended !== undefined) return
      recording.ended = { afterMs: after(), by, reason: short(reason) }
      counts.ended(by, reason)
      of.ended()
    },
  }
}
