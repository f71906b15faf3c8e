import { isFmp4Error } from '@hksv/fmp4'

import { MediaError } from '../errors.ts'
import { explainFailure } from './explain-failure.ts'
import { FfmpegChild } from './ffmpeg-child.ts'
import { type MovieEvent, MovieReceiver } from './movie-receiver.ts'
import type { EncodingPlan } from './plan-encoding.ts'
import type { FfmpegInput, FoundStreams } from './probe-input.ts'

/** What is run. */
export interface PlannedRun {
  /** Name or path of ffmpeg. */
  readonly ffmpeg: string
  readonly input: FfmpegInput
  readonly found: FoundStreams
  readonly plan: EncodingPlan
  /** So long it may take until something comes: 20 s unless told. */
  readonly deadlineMs?: number
}

/** A camera has so long to show itself, and then to go on. */
const DEADLINES = { firstMs: 20_000, nextMs: 10_000 }
/**
 * Each track is a stream of its own, one fragment a frame: in one for both, ffmpeg 5.1 closes the fragment
 * of a track when the other goes on, guesses when it ends, and moves the next frame there. Times are
 * those of the input and a second, above 0 for whatever comes early (`frag_discont` keeps them).
 */
const OUTPUT = [
  ...['-map_metadata', '-1', '-map_chapters', '-1', '-flush_packets', '1', '-use_editlist', '0'],
  ...['-avoid_negative_ts', 'disabled', '-output_ts_offset', '1'],
  ...['-movflags', 'empty_moov+default_base_moof+frag_every_frame+frag_discont', '-f', 'mp4'],
]

/**
 * Has ffmpeg make of an input what is planned, until the signal aborts. It is gone when this ends.
 * @throws MediaError MEDIA_FFMPEG_MISSING, MEDIA_FFMPEG_ARGUMENTS, MEDIA_FFMPEG_INPUT,
 * MEDIA_FFMPEG_NO_VIDEO, MEDIA_FFMPEG_ENCODER, MEDIA_FFMPEG_TIMEOUT, MEDIA_FFMPEG_ENDED,
 * MEDIA_FFMPEG_OUTPUT
 */
export async function* runPlan(
  { ffmpeg, input, found, plan, deadlineMs = DEADLINES.firstMs }: PlannedRun,
  signal: AbortSignal,
): AsyncGenerator<MovieEvent, void> {
  const { name, stdin } = input
  const { video, audio } = found
  const hasSound = audio !== undefined && plan.sound !== undefined
  const picture = ['-map', video.id, ...plan.videoArgs, ...OUTPUT, 'pipe:1']
  const sound = hasSound ? ['-map', audio.id, ...plan.audioArgs, ...OUTPUT, 'pipe:3'] : []
  const child = new FfmpegChild({
    program: ffmpeg,
    args: [
      ...['-hide_banner', '-nostdin', '-v', 'error', ...plan.inputArgs, ...input.args],
      ...[...picture, ...sound],
    ],
    pipes: hasSound ? 2 : 1,
    name,
    signal,
    ...(stdin === undefined ? {} : { stdin }),
  })
  try {
    const deadlines = { firstMs: deadlineMs, nextMs: Math.min(deadlineMs, DEADLINES.nextMs) }
    const receiver = new MovieReceiver(plan)
    for await (const { pipe, bytes } of child.output(deadlines)) {
      yield* pipe === 0 ? receiver.receiveVideo(bytes) : receiver.receiveAudio(bytes)
    }
    const exit = await child.ended
    if (!signal.aborted) throw explainFailure(name, exit)
  } catch (cause) {
    if (!isFmp4Error(cause)) throw cause
    throw new MediaError('MEDIA_FFMPEG_OUTPUT', { source: name, detail: cause.message, cause })
  } finally {
    await child.stop()
  }
}
