import type { MediaSample } from '@hksv/fmp4'

import { type Clock, systemClock } from '../clock.ts'
import { MediaError } from '../errors.ts'
import { KeyFrameKeeper } from '../snapshot/key-frame-keeper.ts'
import type { MediaSource, PictureSize, SourceDescription, WantedStream } from '../source.ts'
import type { MovieEvent } from './movie-receiver.ts'
import { type EncodingOptions, type EncodingPlan, planEncoding } from './plan-encoding.ts'
import { type FfmpegInput, type FoundStreams, probeInput } from './probe-input.ts'
import { type PlannedRun, runPlan } from './run-plan.ts'

/** How an {@link FfmpegSource} is opened. */
export interface FfmpegSourceOptions {
  readonly input: FfmpegInput
  /** Name or path of ffmpeg. */
  readonly ffmpeg: string
  readonly encoding: EncodingOptions
  /** So long it may take until something comes: 20 s unless told. */
  readonly deadlineMs?: number | undefined
  /** The time of the process unless told. */
  readonly clock?: Clock
}

type Described = Extract<MovieEvent, { type: 'described' }>

interface OpenedInput {
  readonly found: FoundStreams
  readonly plan: EncodingPlan
  readonly description: SourceDescription
}

/** What comes further ahead of time than a camera's backlog is held back. */
const AHEAD_MS = 5000

/** Any input of ffmpeg: what a hub takes is copied, and what it does not take is encoded. */
export class FfmpegSource implements MediaSource {
  readonly warnings: readonly string[]
  readonly #options: FfmpegSourceOptions
  readonly #found: FoundStreams
  readonly #clock: Clock
  readonly #keyFrames: KeyFrameKeeper
  /** What runs now, and is ended by aborting it. */
  readonly #runs = new Set<AbortController>()
  #plan: EncodingPlan
  #description: SourceDescription
  #isClosed = false

  private constructor(
    options: FfmpegSourceOptions,
    { found, plan, description }: OpenedInput,
    warnings: readonly string[],
  ) {
    this.#options = options
    this.#found = found
    this.#plan = plan
    this.#description = description
    this.#clock = options.clock ?? systemClock
    this.#keyFrames = new KeyFrameKeeper(options.ffmpeg, this.#clock)
    this.warnings = warnings
  }

  /**
   * Looks into the input, and runs it until its first key frame.
   * @throws MediaError MEDIA_FFMPEG_MISSING, MEDIA_FFMPEG_ARGUMENTS, MEDIA_FFMPEG_INPUT,
   * MEDIA_FFMPEG_NO_VIDEO, MEDIA_FFMPEG_ENCODER, MEDIA_FFMPEG_TIMEOUT, MEDIA_FFMPEG_ENDED,
   * MEDIA_FFMPEG_OUTPUT, MEDIA_NOT_RECORDABLE
   */
  static async open(options: FfmpegSourceOptions): Promise<FfmpegSource> {
    const { input, ffmpeg, encoding } = options
    const late = options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }
    const found = await probeInput(ffmpeg, input, new AbortController().signal)
    const plan = planEncoding(found, encoding)
    const { refusal: detail } = plan
    if (detail !== undefined)
      throw new MediaError('MEDIA_NOT_RECORDABLE', { source: input.name, detail })
    const description = await firstDescription({ ...late, ffmpeg, input, found, plan })
    return new FfmpegSource(options, { found, plan, description }, notesOf(input.name, plan))
  }

  get description(): SourceDescription {
    return this.#description
  }

  /** Whether the video is what the input has. */
  get isVideoCopied(): boolean {
    return this.#plan.video === undefined
  }

  /**
   * What is encoded is encoded as wanted from now on: what runs ends, and what comes next is described
   * anew. What is copied stays as it is.
   */
  prefer(wanted: WantedStream): void {
    const plan = planEncoding(this.#found, { ...this.#options.encoding, wanted })
    const argsOf = ({ videoArgs, audioArgs }: EncodingPlan) =>
      [...videoArgs, ...audioArgs].join(' ')
    if (argsOf(plan) === argsOf(this.#plan)) return
    this.#plan = plan
    this.#description = { ...this.#description }
    for (const run of this.#runs) run.abort()
  }

  async *samples(signal: AbortSignal): AsyncGenerator<MediaSample, void, undefined> {
    if (this.#isClosed) throw this.#closedError()
    let startedAt: number | undefined
    const { ffmpeg, input } = this.#options
    const { deadlineMs } = this.#options
    const late = deadlineMs === undefined ? {} : { deadlineMs }
    const planned = { ...late, ffmpeg, input, found: this.#found, plan: this.#plan }
    const [run, release] = this.#begin(signal)
    try {
      for await (const event of runPlan(planned, run.signal)) {
        if (run.signal.aborted) return
        if (event.type === 'described' && !this.#take(event)) return
        if (event.type !== 'sample') continue
        const { sample } = event
        startedAt ??= this.#clock.now()
        await this.#pace(startedAt, sample, run.signal)
        const { video } = this.#description
        if (sample.track === 'video' && sample.isSync) this.#keyFrames.keep(sample.data, video)
        yield sample
      }
    } finally {
      release()
    }
  }

  async snapshot(size: PictureSize, signal: AbortSignal): Promise<Uint8Array> {
    if (this.#isClosed) throw this.#closedError()
    return await this.#keyFrames.picture(size, signal, async () => {
      for await (const { track, isSync } of this.samples(signal)) {
        if (track === 'video' && isSync) return
      }
      signal.throwIfAborted()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const run of this.#runs) run.abort()
  }

  #begin(signal: AbortSignal): [AbortController, () => void] {
    const run = new AbortController()
    const abort = () => run.abort()
    this.#runs.add(run)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted === true) abort()
    return [
      run,
      () => {
        this.#runs.delete(run)
        signal.removeEventListener('abort', abort)
      },
    ]
  }

  /** @returns Whether what comes is what was described. */
  #take(event: Described): boolean {
    const next = named(event, this.#options.input.name)
    if (isSameMedia(next, this.#description)) return true
    this.#description = next
    return false
  }

  /** An input that nobody told to be as slow as time would be over at once. */
  async #pace(startedAt: number, sample: MediaSample, signal: AbortSignal): Promise<void> {
    const { video, audio } = this.#description
    const timescale = sample.track === 'video' ? video.timescale : (audio?.sampleRate ?? 1)
    const due = startedAt + (sample.decodeTime / timescale) * 1000 - AHEAD_MS
    if (due > this.#clock.now()) await this.#clock.sleepUntil(due, signal)
  }

  #closedError(): MediaError {
    return new MediaError('MEDIA_CLOSED', { source: this.#options.input.name })
  }
}

/** @throws MediaError as `runPlan`. */
async function firstDescription(planned: PlannedRun): Promise<SourceDescription> {
  const { name } = planned.input
  for await (const event of runPlan(planned, new AbortController().signal)) {
    if (event.type === 'described') return named(event, name)
  }
  throw new MediaError('MEDIA_FFMPEG_TIMEOUT', { source: name })
}

function named({ video, audio }: Described, name: string): SourceDescription {
  return { name, video, ...(audio && { audio }) }
}

function notesOf(name: string, { video, audio, isSilent }: EncodingPlan): string[] {
  const what = [video && `the video (${video})`, audio && `the sound (${audio})`].filter(Boolean)
  return [
    ...(what.length > 0 ? [`${name}: ffmpeg encodes ${what.join(' and ')}.`] : []),
    ...(isSilent
      ? [`${name}: the sound is not AAC and is recorded as silence; use --transcode auto.`]
      : []),
  ]
}

/** Whether one init segment fits both. */
function isSameMedia(one: SourceDescription, other: SourceDescription): boolean {
  const configurations = ({ video, audio }: SourceDescription) =>
    [
      ...(video.codec === 'h265' ? video.vps : []),
      ...[...video.sps, ...video.pps],
      ...(audio === undefined ? [] : [audio.audioSpecificConfig]),
    ].map(bytes => Buffer.from(bytes).toString('base64'))
  return configurations(one).join() === configurations(other).join()
}
