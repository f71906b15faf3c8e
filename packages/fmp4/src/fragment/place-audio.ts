import type { TrackRun } from './track-run.ts'

/**
 * Fits the audio of a fragment to the start of a recording. In the first fragment the first frame
 * begins up to a frame after the video: it is stretched back to time 0, so that both tracks begin at 0
 * as in recordings of cameras sold with Secure Video. A frame that was stretched over a gap may begin
 * before time 0: what lies before is cut off.
 * @param origin - Time 0 of the recording, in units of the audio timescale.
 * @param isFirst - Whether the recording begins with this fragment.
 */
export function placeAudio(run: TrackRun, origin: number, isFirst: boolean): TrackRun {
  const [duration = 0] = run.durations
  const gap = run.decodeTime - origin
  if (gap === 0 || (gap > 0 && !(isFirst && gap <= duration))) return run
  const durations = run.durations.slice()
  durations[0] = Math.max(1, duration + gap)
  return { ...run, decodeTime: origin, durations }
}
