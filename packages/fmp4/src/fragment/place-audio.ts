import type { TrackRun } from './track-run.ts'

/**
 * Fits the audio of a fragment to the start of a recording. In the first fragment the first frame
 * begins up to a frame after the video: it is stretched back to time 0, so that both tracks begin at 0
 * as in recordings of cameras sold with Secure Video. Audio before time 0 is cut off.
 * @param origin - Time 0 of the recording, in units of the audio timescale.
 * @param isFirst - Whether the recording begins with this fragment.
 * @returns Nothing when no frame is left.
 */
export function placeAudio(run: TrackRun, origin: number, isFirst: boolean): TrackRun | undefined {
  const [duration = 0] = run.durations
  const gap = run.decodeTime - origin
  if (gap === 0 || (gap > 0 && !(isFirst && gap < duration))) return run
  // The first frame that does not end before time 0 begins at 0.
  let index = 0
  let start = run.decodeTime
  let skipped = 0
  while (index < run.sampleCount && start + (run.durations[index] ?? 0) <= origin) {
    start += run.durations[index] ?? 0
    skipped += run.sizes[index] ?? 0
    index++
  }
  if (index === run.sampleCount) return undefined
  const durations = run.durations.slice(index)
  durations[0] = (durations[0] ?? 0) + start - origin
  return {
    ...run,
    decodeTime: origin,
    sampleCount: durations.length,
    durations,
    sizes: run.sizes.slice(index),
    pages: skip(run.pages, skipped),
    byteLength: run.byteLength - skipped,
  }
}

function skip(pages: readonly Uint8Array[], length: number): Uint8Array[] {
  const rest: Uint8Array[] = []
  let left = length
  for (const page of pages) {
    if (left < page.length) rest.push(left === 0 ? page : page.subarray(left))
    left = Math.max(0, left - page.length)
  }
  return rest
}
