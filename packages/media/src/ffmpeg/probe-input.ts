import { MediaError } from '../errors.ts'
import { explainFailure } from './explain-failure.ts'
import { FfmpegChild } from './ffmpeg-child.ts'
import { redact } from './redact.ts'

/** Beyond this a camera is not there. */
const PROBE_MS = 20_000

/** What ffmpeg reads, and how. */
export interface FfmpegInput {
  /** Its input options, with `-i`. */
  readonly args: readonly string[]
  /** For people: without user and password. */
  readonly name: string
  /** What it reads from its standard input. */
  readonly stdin?: string
}

/** Video that ffmpeg found in an input. */
export interface FoundVideo {
  /** Number of its input and its own, such as `0:1`. */
  readonly id: string
  /** As ffmpeg calls it: `h264`, `hevc`, `mpeg4`, `mjpeg`. */
  readonly codec: string
  /** `yuv420p`, or the like. */
  readonly pixels: string
  readonly width: number
  readonly height: number
  readonly framesPerSecond?: number
}

/** Audio that ffmpeg found in an input. */
export interface FoundAudio {
  /** Number of its input and its own, such as `0:1`. */
  readonly id: string
  /** As ffmpeg calls it: `aac`, `pcm_mulaw`, `opus`. */
  readonly codec: string
  /** `LC`, `HE-AAC`, or nothing. */
  readonly profile: string
  readonly sampleRate: number
  readonly channels: number
}

/** What ffmpeg found in an input: the first of each kind. */
export interface FoundStreams {
  readonly video: FoundVideo
  readonly audio?: FoundAudio
}

/**
 * Has ffmpeg open an input and tell what is in it. It is asked itself, not ffprobe, which does not take
 * all of its options.
 * @throws MediaError MEDIA_FFMPEG_MISSING, MEDIA_FFMPEG_ARGUMENTS, MEDIA_FFMPEG_INPUT, MEDIA_FFMPEG_NO_VIDEO,
 * MEDIA_FFMPEG_TIMEOUT, MEDIA_FFMPEG_ENDED; the reason of the signal.
 */
export async function probeInput(
  program: string,
  { args, name, stdin }: FfmpegInput,
  signal: AbortSignal,
): Promise<FoundStreams> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), PROBE_MS)
  const abort = () => late.abort()
  signal.addEventListener('abort', abort, { once: true })
  // Without an output it says what it found and ends with an error.
  const child = new FfmpegChild({
    program,
    name,
    args: ['-hide_banner', '-nostdin', '-v', 'info', ...args],
    signal: late.signal,
    ...(stdin === undefined ? {} : { stdin }),
  })
  try {
    const exit = await child.ended
    signal.throwIfAborted()
    if (late.signal.aborted) throw new MediaError('MEDIA_FFMPEG_TIMEOUT', { source: name })
    const found = parseStreams(exit.stderr)
    if (found === undefined && /^Input #\d/m.test(exit.stderr))
      throw new MediaError('MEDIA_FFMPEG_NO_VIDEO', { source: name })
    if (found === undefined) throw explainFailure(name, exit)
    // Whatever is text, ffmpeg can show on a screen.
    if (found.video.codec === 'ansi')
      throw new MediaError('MEDIA_FFMPEG_INPUT', { source: name, detail: 'it is a text' })
    return found
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    await child.stop()
  }
}

const STREAM = /^ *Stream #(\d+:\d+)\S*: (Video|Audio): (\w+)(?: \(([\w-]+)\))?(.*)$/gm
const CHANNELS: Readonly<Record<string, number>> = {
  mono: 1,
  stereo: 2,
  quad: 4,
  '5.1': 6,
  '7.1': 8,
}

/** @returns Nothing without a picture whose size is known. */
export function parseStreams(stderr: string): FoundStreams | undefined {
  let video: FoundVideo | undefined
  let audio: FoundAudio | undefined
  for (const [, id = '', kind, codec = '', profile = '', rest = ''] of redact(stderr).matchAll(
    STREAM,
  )) {
    if (kind === 'Video') video ??= videoOf({ id, codec }, rest)
    else audio ??= audioOf({ id, codec, profile }, rest)
  }
  return video && { video, ...(audio && { audio }) }
}

function videoOf(named: Pick<FoundVideo, 'id' | 'codec'>, rest: string): FoundVideo | undefined {
  // A picture of the album is no film.
  if (rest.includes('(attached pic)')) return undefined
  const [, width, height] = /, (\d{2,5})x(\d{2,5})\b/.exec(rest) ?? []
  if (width === undefined || height === undefined) return undefined
  const rate = /, ([\d.]+) (?:fps|tbr)\b/.exec(rest)?.[1]
  const pixels = /, ((?:yuv|gray|rgb|bgr|nv|p0|gbr|bayer)\w*)/.exec(rest)?.[1] ?? ''
  const size = { width: Number(width), height: Number(height) }
  return { ...named, pixels, ...size, ...(rate !== undefined && { framesPerSecond: Number(rate) }) }
}

function audioOf(
  named: Pick<FoundAudio, 'id' | 'codec' | 'profile'>,
  rest: string,
): FoundAudio | undefined {
  const [, rate, layout = ''] = /, (\d+) Hz, ([\w.]+)/.exec(rest) ?? []
  if (rate === undefined) return undefined
  const count = /^, \d+ Hz, (\d+) channels/.exec(rest)?.[1]
  const channels = count === undefined ? (CHANNELS[layout] ?? 2) : Number(count)
  return { ...named, sampleRate: Number(rate), channels }
}
