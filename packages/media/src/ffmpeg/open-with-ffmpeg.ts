import type { Clock } from '../clock.ts'
import { isMediaError, type MediaErrorCode } from '../errors.ts'
import type { MediaSource } from '../source.ts'
import { type AdaptiveOptions, AdaptiveSource } from './adaptive-source.ts'
import { FfmpegSource } from './ffmpeg-source.ts'
import type { TranscodeMode } from './plan-encoding.ts'
import type { FfmpegInput } from './probe-input.ts'

/** What may be encoded, and by whom. */
export interface TranscodeOptions {
  /** Name or path of ffmpeg. */
  readonly ffmpeg: string
  readonly mode: TranscodeMode
  /** An encoder of ffmpeg for H.264, or `auto`. */
  readonly encoder: string
  /** Whether H.265 may stay H.265. */
  readonly isHevcAllowed: boolean
  /** The time of the process unless told. */
  readonly clock?: Clock
  /** So long it may take until something comes: 20 s unless told. */
  readonly deadlineMs?: number | undefined
  /** Told what changes later, in one sentence. */
  readonly note: (sentence: string) => void
}

/** Errors of a source that ffmpeg may know better. */
const HOPEFUL: ReadonlySet<MediaErrorCode> = new Set([
  'MEDIA_NOT_MP4',
  'MEDIA_NO_VIDEO',
  'MEDIA_UNUSABLE_VIDEO',
  'MEDIA_KEY_FRAME_DISTANCE',
  'MEDIA_DAMAGED',
  'MEDIA_RTSP_NO_VIDEO',
])
/** A recording is cut every four seconds, give or take a frame. */
const MAX_KEY_FRAME_MS = 4050

/**
 * Opens an input of ffmpeg. What it copies is encoded after all when its key frames turn out to be
 * further apart than a recording can be cut.
 * @throws MediaError as `FfmpegSource.open`.
 */
export async function openInput(
  input: FfmpegInput,
  options: TranscodeOptions,
  videoFault?: string,
): Promise<MediaSource> {
  const { ffmpeg, clock, deadlineMs, ...encoding } = options
  const timing = clock === undefined ? {} : { clock }
  const open = (fault: string | undefined) =>
    FfmpegSource.open({
      ...timing,
      deadlineMs,
      ffmpeg,
      input,
      encoding: { ...encoding, videoFault: fault },
    })
  const source = await open(videoFault)
  if (options.mode !== 'auto' || !source.isVideoCopied) return source
  return new AdaptiveSource(source, adaptation(options, open))
}

/**
 * Opens a source with our own reader, and has ffmpeg read it instead when there is something in it that
 * cannot be carried, and ffmpeg is there.
 * @param own - Our own reader.
 * @throws MediaError as our own reader: what ffmpeg has to say is about the same.
 */
export async function openOrTranscode(
  own: () => Promise<MediaSource>,
  input: () => FfmpegInput,
  options: TranscodeOptions,
): Promise<MediaSource> {
  if (options.mode === 'always') return await openInput(input(), options)
  if (options.mode === 'never') return await own()
  const opened = await own().catch((error: unknown) => error)
  if (!isSource(opened)) {
    if (!isMediaError(opened) || !HOPEFUL.has(opened.code)) throw opened
    return await openInput(input(), options, faultOf(opened.code)).catch(() => {
      throw opened
    })
  }
  const fault = faultOfSource(opened, options.isHevcAllowed)
  const again = (video: string | undefined) => openInput(input(), options, video)
  if (fault === undefined && opened.unusedSound === undefined) {
    // A file has been seen as a whole.
    const isKnown = opened.description.video.maxKeyFrameIntervalMs !== undefined
    return isKnown ? opened : new AdaptiveSource(opened, adaptation(options, again))
  }
  try {
    const better = await again(fault)
    await opened[Symbol.asyncDispose]()
    return better
  } catch (error) {
    options.note(`It is taken as it is: ${error instanceof Error ? error.message : String(error)}.`)
    return opened
  }
}

function adaptation(
  { note }: TranscodeOptions,
  open: (fault: string) => Promise<MediaSource>,
): AdaptiveOptions {
  return { note, maxKeyFrameMs: MAX_KEY_FRAME_MS, replace: open }
}

function isSource(opened: unknown): opened is MediaSource {
  return typeof opened === 'object' && opened !== null && 'samples' in opened
}

function faultOf(code: MediaErrorCode): string | undefined {
  if (code === 'MEDIA_KEY_FRAME_DISTANCE') return 'its key frames are more than 4 s apart'
  return code === 'MEDIA_UNUSABLE_VIDEO' ? 'its parameter sets cannot be used' : undefined
}

function faultOfSource({ description }: MediaSource, isHevcAllowed: boolean): string | undefined {
  const { codec, maxKeyFrameIntervalMs = 0 } = description.video
  if (codec === 'h265' && !isHevcAllowed) return 'it is H.265, not H.264'
  if (maxKeyFrameIntervalMs <= MAX_KEY_FRAME_MS) return undefined
  return `its key frames are ${(maxKeyFrameIntervalMs / 1000).toFixed(1)} s apart`
}
