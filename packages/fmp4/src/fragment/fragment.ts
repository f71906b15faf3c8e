import type { TrackRun } from './track-run.ts'

/**
 * A closed fragment: it begins with a key frame, and holds the audio that begins in its time. It is
 * not yet written: times and sequence number depend on the recording it is sent in.
 */
export interface Fragment {
  /** When it begins, on the timeline of the source. */
  readonly startMs: number
  /** Length of its video. */
  readonly durationMs: number
  /** Bytes of the samples of both tracks. */
  readonly byteLength: number
  readonly video: TrackRun
  readonly audio?: TrackRun
}

/** @returns The fragment of these runs. */
export function fragmentOf(video: TrackRun, audio: TrackRun | undefined): Fragment {
  const duration = video.durations.reduce((sum, ticks) => sum + ticks, 0)
  return {
    startMs: (video.decodeTime / video.timescale) * 1000,
    durationMs: (duration / video.timescale) * 1000,
    byteLength: video.byteLength + (audio?.byteLength ?? 0),
    video,
    ...(audio !== undefined && { audio }),
  }
}
