import { type Clock, systemClock } from '../clock.ts'
import { explainFailure } from '../ffmpeg/explain-failure.ts'
import { FfmpegChild } from '../ffmpeg/ffmpeg-child.ts'
import { inputOf } from '../ffmpeg/ffmpeg-input.ts'
import type { FfmpegInput } from '../ffmpeg/probe-input.ts'
import type { MotionSensor } from './motion-sensor.ts'
import { PictureChangeDetector } from './picture-change-detector.ts'

/** How {@link ffmpegSensor} watches. */
export interface FfmpegSensorOptions {
  /** Percent of the picture that has to change: above 0, up to 100; 1 unless given. */
  readonly threshold?: number
  /** Name or path of ffmpeg; `ffmpeg` unless given. */
  readonly ffmpeg?: string
  /** The time of the process unless told. */
  readonly clock?: Clock
}

const WIDTH = 64
const HEIGHT = 36
/** A second. */
const PICTURES = 4
const DEADLINES = { firstMs: 20_000, nextMs: 10_000 }
/** What comes further ahead of time is held back. */
const AHEAD_MS = 5000

/**
 * Sees motion in the decoded pictures of a source: ffmpeg makes them small and grey, four a second, in a
 * process of its own and with a connection of its own. For cameras whose compressed pictures tell
 * nothing, as they are set to a constant bit rate.
 * @param spec - As of `openSource`.
 * @throws MediaError MEDIA_FFMPEG_ARGUMENTS, MEDIA_UNKNOWN_SOURCE; RangeError for an impossible threshold.
 */
export function ffmpegSensor(spec: string, options: FfmpegSensorOptions = {}): MotionSensor {
  const { threshold = 1, ffmpeg = 'ffmpeg', clock = systemClock } = options
  const detector = () => new PictureChangeDetector(WIDTH * HEIGHT, threshold)
  detector()
  const input = inputOf(spec)
  return {
    name: 'ffmpeg',
    async watch(seen, signal) {
      const pictures = detector()
      for await (const picture of smallPictures(ffmpeg, input, clock, signal)) {
        if (pictures.push(picture)) seen()
      }
    },
  }
}

/** @throws MediaError as `FfmpegSource.samples`. */
async function* smallPictures(
  program: string,
  { args, name, stdin }: FfmpegInput,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const filter = `fps=${PICTURES},scale=${WIDTH}:${HEIGHT}:flags=area,format=gray`
  const output = ['-an', '-sn', '-dn', '-vf', filter, '-f', 'rawvideo', 'pipe:1']
  const child = new FfmpegChild({
    program,
    args: ['-hide_banner', '-nostdin', '-v', 'error', ...args, ...output],
    name,
    signal,
    ...(stdin === undefined ? {} : { stdin }),
  })
  try {
    let picture = new Uint8Array(WIDTH * HEIGHT)
    let filled = 0
    let count = 0
    const startedAt = clock.now()
    for await (const { bytes } of child.output(DEADLINES)) {
      for (let at = 0; at < bytes.length; ) {
        const part = bytes.subarray(at, at + picture.length - filled)
        picture.set(part, filled)
        filled += part.length
        at += part.length
        if (filled < picture.length) break
        const due = startedAt + (count++ / PICTURES) * 1000 - AHEAD_MS
        if (due > clock.now()) await clock.sleepUntil(due, signal)
        yield picture
        picture = new Uint8Array(WIDTH * HEIGHT)
        filled = 0
      }
    }
    const exit = await child.ended
    if (!signal.aborted) throw explainFailure(name, exit)
  } finally {
    await child.stop()
  }
}
