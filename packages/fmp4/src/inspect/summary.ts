import type { Finding } from './finding.ts'
import { durationOf, endSeconds, type TimedTrack } from './inspect-timing.ts'

/** One track of a fragment in numbers. */
export interface TrackSummary {
  /** In units of the track, as the duration. */
  readonly decodeTime: number
  readonly duration: number
  readonly samples: number
  readonly bytes: number
}

/** A fragment in numbers. */
export interface FragmentSummary {
  readonly sequenceNumber: number
  /** `nalTypes` are those of the first picture. */
  readonly video?: TrackSummary & { readonly nalTypes: readonly number[] }
  readonly audio?: TrackSummary
  /** How much later the audio ends than the video. */
  readonly skewMs?: number
}

/** @returns The numbers of a fragment. */
export function summaryOf(
  tracks: readonly TimedTrack[],
  sequenceNumber: number | undefined,
): FragmentSummary {
  const video = tracks.find(timed => timed.track.kind === 'video')
  const audio = tracks.find(timed => timed.track.kind === 'audio')
  return {
    sequenceNumber: sequenceNumber ?? 0,
    ...(video && { video: { ...trackSummary(video), nalTypes: video.nalTypes } }),
    ...(audio && { audio: trackSummary(audio) }),
    ...(video && audio && { skewMs: (endSeconds(audio) - endSeconds(video)) * 1000 }),
  }
}

/** @returns One line such as `#1 video 0+360000 120/297355 [5] audio 0+128000 125/15624 skew 0.0 ms ok`. */
export function summaryLine(summary: FragmentSummary, findings: readonly Finding[]): string {
  const { sequenceNumber, video, audio, skewMs } = summary
  const track = (name: string, one: TrackSummary) =>
    `${name} ${one.decodeTime}+${one.duration} ${one.samples}/${one.bytes}`
  const checks = [...new Set(findings.map(finding => finding.check))].toSorted((a, b) => a - b)
  return [
    `#${sequenceNumber}`,
    ...(video ? [`${track('video', video)} [${video.nalTypes.join(' ')}]`] : []),
    ...(audio ? [track('audio', audio)] : []),
    ...(skewMs === undefined ? [] : [`skew ${skewMs.toFixed(1)} ms`]),
    checks.length === 0 ? 'ok' : `violates ${checks.join(', ')}`,
  ].join(' ')
}

function trackSummary(timed: TimedTrack): TrackSummary {
  return {
    decodeTime: timed.decodeTime,
    duration: durationOf(timed),
    samples: timed.samples.length,
    bytes: timed.samples.reduce((sum, sample) => sum + sample.size, 0),
  }
}
