import type { Findings, Place } from './finding.ts'
import type { PlacedSample } from './place-samples.ts'
import type { InspectedTrack, InspectorState } from './state.ts'

/** What was negotiated about the length of fragments. */
export interface TimingOptions {
  /** 4000 unless told. */
  readonly fragmentDurationMs?: number
  /** How far a fragment may be from that; 50 unless told. The last fragment of a recording is often shorter. */
  readonly toleranceMs?: number
}

/** A track of a fragment with its samples. */
export interface TimedTrack {
  readonly track: InspectedTrack
  /** Of the first sample, in units of the track. */
  readonly decodeTime: number
  readonly samples: readonly PlacedSample[]
  /** Of the first sample, for video. */
  readonly nalTypes: readonly number[]
}

/** @returns Duration of a track's samples, in units of the track. */
export function durationOf({ samples }: TimedTrack): number {
  return samples.reduce((sum, sample) => sum + sample.duration, 0)
}

/** @returns When a track's samples end, in seconds. */
export function endSeconds(timed: TimedTrack): number {
  return (timed.decodeTime + durationOf(timed)) / timed.track.timescale
}

/**
 * Check 10, and the decode times of check 5.
 * @returns Where each track ends.
 */
export function inspectTiming(
  tracks: readonly TimedTrack[],
  state: InspectorState,
  context: { place: Place; findings: Findings; options: TimingOptions },
): ReadonlyMap<number, number> {
  const { place, findings, options } = context
  const { fragmentDurationMs = 4000, toleranceMs = 50 } = options
  const isFirst = state.sequenceNumber === undefined
  // A track that skips a fragment goes on where it ended; behind an unreadable one nothing is known.
  const endTimes = new Map(tracks.length === 0 ? [] : state.endTimes)
  for (const timed of tracks) {
    const { trackId } = timed.track
    const expected = isFirst ? 0 : state.endTimes.get(trackId)
    if (expected !== undefined && timed.decodeTime !== expected) {
      const text = `track ${trackId} begins at ${timed.decodeTime} instead of ${expected}`
      findings.add('decode-time', place, text)
    }
    endTimes.set(trackId, timed.decodeTime + durationOf(timed))
    inspectDurations(timed, place, findings)
  }
  const video = tracks.find(timed => timed.track.kind === 'video')
  if (video === undefined) return endTimes
  const durationMs = (durationOf(video) / video.track.timescale) * 1000
  if (Math.abs(durationMs - fragmentDurationMs) > toleranceMs)
    findings.add('fragment-duration', place, `${durationMs.toFixed(1)} ms of video`)
  inspectSkew(video, { tracks, state, place, findings })
  return endTimes
}

function inspectDurations(timed: TimedTrack, place: Place, findings: Findings): void {
  const { track, samples } = timed
  const empty = samples.filter(sample => sample.duration < 1).length
  if (empty > 0) findings.add('sample-duration', place, `${empty} samples of duration 0`)
  const hasOffsets = samples.some(sample => sample.compositionOffset !== 0)
  if (hasOffsets && (track.isInOrder || track.kind === 'audio'))
    findings.add('composition-offset', place, `track ${track.trackId} has no B frames`)
}

function inspectSkew(
  video: TimedTrack,
  context: {
    tracks: readonly TimedTrack[]
    state: InspectorState
    place: Place
    findings: Findings
  },
): void {
  const { tracks, state, place, findings } = context
  const audio = tracks.find(timed => timed.track.kind === 'audio')
  if (audio === undefined) {
    if (state.tracks.some(track => track.kind === 'audio'))
      findings.add('av-skew', place, 'the init segment announces audio, the fragment has none')
    return
  }
  const skew = Math.abs(endSeconds(audio) - endSeconds(video))
  const lastPicture = (video.samples.at(-1)?.duration ?? 0) / video.track.timescale
  const limit = audio.track.frameLength / audio.track.timescale + lastPicture
  if (skew >= limit)
    findings.add('av-skew', place, `audio and video end ${(skew * 1000).toFixed(1)} ms apart`)
}
