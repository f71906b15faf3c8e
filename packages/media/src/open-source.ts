import { assetPath } from './assets.ts'
import { DescriptionMemory, type SourceMemory } from './camera/description-memory.ts'
import type { Clock } from './clock.ts'
import { inputOf } from './ffmpeg/ffmpeg-input.ts'
import type { TranscodeMode } from './ffmpeg/plan-encoding.ts'
import { FileSource } from './file/file-source.ts'
import { pathOf } from './file/path-of.ts'
import { ffmpegSnapshot } from './snapshot/ffmpeg-snapshot.ts'
import { sampleStill } from './snapshot/sample-still.ts'
import type { MediaSource } from './source.ts'

/** How {@link openSource} opens. */
export interface OpenSourceOptions {
  /** The time of the process unless told. */
  readonly clock?: Clock
  /** Name or path of ffmpeg, which takes the snapshots of files; `ffmpeg` unless told. */
  readonly ffmpeg?: string
  /**
   * What ffmpeg encodes: `auto` what cannot be recorded as it is, `always` everything, `never`, unless
   * told, nothing.
   */
  readonly transcode?: TranscodeMode
  /** The encoder of ffmpeg for H.264, such as `h264_v4l2m2m`; `auto`, unless told, is libx264. */
  readonly encoder?: string
  /** So long ffmpeg may take until something comes, in milliseconds: 20,000 unless told. */
  readonly ffmpegDeadlineMs?: number
  /** Whether H.265 may stay H.265; true unless told. */
  readonly isHevcAllowed?: boolean
  /** Told what turns out later, one sentence each. */
  readonly note?: (sentence: string) => void
  /** Where it is kept what cameras are, so that one that is away can be opened all the same. */
  readonly memory?: SourceMemory
  /**
   * As long as this has not aborted, a camera that is away, and of which nothing is kept, is waited for;
   * without it that is an error at once.
   */
  readonly keepTrying?: AbortSignal
}

/**
 * Opens a source of video.
 * @param spec - `sample` for the one that comes with the package, `rtsp://[USER:PASSWORD@]HOST/PATH` (or
 * `rtsps:`) for a camera, `ffmpeg:` and input options with `-i` for whatever ffmpeg reads, or the path (or `file:` URL) of an MP4 file with H.264 or H.265 video and, at best, AAC-LC audio.
 * @throws MediaError MEDIA_NOT_FOUND, MEDIA_NOT_A_FILE, MEDIA_NOT_READABLE, MEDIA_UNKNOWN_SOURCE,
 * MEDIA_NOT_MP4, MEDIA_TRUNCATED, MEDIA_DAMAGED, MEDIA_NO_VIDEO, MEDIA_UNUSABLE_VIDEO,
 * MEDIA_KEY_FRAME_DISTANCE, MEDIA_READ, those of RTSP (MEDIA_RTSP_…) and of ffmpeg (MEDIA_FFMPEG_…,
 * MEDIA_NOT_RECORDABLE); the reason of `keepTrying` when that aborts.
 * @example
 * ```ts
 * await using source = await openSource('sample')
 * for await (const sample of source.samples(AbortSignal.timeout(10_000))) fragmenter.push(sample)
 * ```
 */
export async function openSource(
  spec: string,
  options: OpenSourceOptions = {},
): Promise<MediaSource> {
  const { clock, ffmpeg = 'ffmpeg', isHevcAllowed = true, note = () => undefined } = options
  const timing = clock === undefined ? {} : { clock }
  const { transcode: mode = 'never', encoder = 'auto', ffmpegDeadlineMs: deadlineMs } = options
  const transcoding = { ...timing, ffmpeg, mode, encoder, isHevcAllowed, deadlineMs, note }
  if (spec === 'sample')
    return await FileSource.open({
      ...timing,
      path: assetPath('sample.mp4'),
      name: 'HKSV sample',
      takeSnapshot: sampleStill,
    })
  // Read when they are needed: a process that has no such source starts and stays smaller.
  const { openInput, openOrTranscode } = await import('./ffmpeg/open-with-ffmpeg.ts')
  if (/^ffmpeg:/i.test(spec)) return await openInput(inputOf(spec), transcoding)
  if (/^rtsp[stu]?:/i.test(spec)) {
    const { RtspSource } = await import('./camera/rtsp-source.ts')
    const { keepTrying } = options
    const memory = options.memory && new DescriptionMemory(options.memory)
    const own = () => RtspSource.open({ ...timing, url: spec, ffmpeg, memory, keepTrying, note })
    return await openOrTranscode(own, () => inputOf(spec), transcoding)
  }
  const path = pathOf(spec)
  const takeSnapshot = (request: Parameters<typeof ffmpegSnapshot>[1], signal: AbortSignal) =>
    ffmpegSnapshot(ffmpeg, request, signal)
  const own = () => FileSource.open({ ...timing, path, takeSnapshot })
  return await openOrTranscode(own, () => inputOf(spec), transcoding)
}
