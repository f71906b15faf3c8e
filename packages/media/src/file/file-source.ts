import type { FileHandle } from 'node:fs/promises'

import type { MediaSample } from '@hksv/fmp4'

import { type Clock, systemClock } from '../clock.ts'
import { MediaError } from '../errors.ts'
import { lengthPrefixedPicture } from '../picture/length-prefixed.ts'
import { checkPictureSize } from '../snapshot/no-picture.ts'
import type { MediaSource, PictureSize, SourceDescription } from '../source.ts'
import { describeMovie, type LoopableMovie } from './describe-movie.ts'
import { type LoopPosition, LoopTimeline } from './loop-timeline.ts'
import { openMovieFile } from './movie-file.ts'
import { SampleReader } from './sample-reader.ts'

/** Takes a picture of a file at a time in seconds on its own timeline. */
type TakeSnapshot = (
  request: PictureSize & { readonly path: string; readonly seconds: number },
  signal: AbortSignal,
) => Promise<Uint8Array>

/** How a {@link FileSource} is opened. */
export interface FileSourceOptions {
  readonly path: string
  readonly takeSnapshot: TakeSnapshot
  /** The time of the process unless told. */
  readonly clock?: Clock
  /** The name of the file unless told. */
  readonly name?: string
}

/** Audio is delivered up to this much ahead, with the picture before it, to save wake-ups. */
const audioAheadMs = 40

/** An MP4 file, looped at the pace of a live camera. */
export class FileSource implements MediaSource {
  readonly description: SourceDescription
  readonly warnings: readonly string[]
  readonly unusedSound: string | undefined
  readonly #options: FileSourceOptions
  readonly #clock: Clock
  readonly #handle: FileHandle
  readonly #movie: LoopableMovie
  readonly #closed = new AbortController()
  /** Decode time of the latest picture, in units of the video; the place where snapshots are taken. */
  #position = 0

  private constructor(options: FileSourceOptions, handle: FileHandle, movie: LoopableMovie) {
    const { name = movie.description.name, clock = systemClock } = options
    this.description = { ...movie.description, name }
    this.warnings = movie.warnings
    this.unusedSound = movie.unusedSound
    this.#options = options
    this.#clock = clock
    this.#handle = handle
    this.#movie = movie
  }

  /**
   * Opens a file and checks that it can be a source.
   * @throws MediaError as `openSource`.
   */
  static async open(options: FileSourceOptions): Promise<FileSource> {
    const file = await openMovieFile(options.path)
    try {
      return new FileSource(options, file.handle, await describeMovie(file, options.path))
    } catch (error) {
      await file.handle.close()
      throw error
    }
  }

  async *samples(signal: AbortSignal): AsyncGenerator<MediaSample, void, undefined> {
    const isOver = () => signal.aborted || this.#closed.signal.aborted
    if (this.#closed.signal.aborted) throw this.#closedError()
    const either = AbortSignal.any([signal, this.#closed.signal])
    const { video, audio } = this.#movie
    const timeline = new LoopTimeline(video, audio, video.length)
    const readers = {
      video: new SampleReader(this.#handle, video.track.samples),
      audio: audio && new SampleReader(this.#handle, audio.track.samples),
    }
    const start = this.#clock.now()
    while (!isOver()) {
      const position = timeline.next()
      const due = start + position.dueMs
      // Nothing is skipped after a stall: what is overdue follows without waiting.
      const ahead = position.track === 'audio' ? audioAheadMs : 0
      if (due - ahead > this.#clock.now()) await this.#clock.sleepUntil(due, either)
      if (isOver()) return
      const reader = readers[position.track]
      const sample = reader && (await this.#read(position, reader, isOver))
      if (sample !== undefined) yield sample
    }
  }

  async snapshot(size: PictureSize, signal: AbortSignal): Promise<Uint8Array> {
    checkPictureSize(size)
    signal.throwIfAborted()
    if (this.#closed.signal.aborted) throw this.#closedError()
    const { video } = this.#movie
    const seconds = video.startSeconds + (this.#position % video.length) / video.timescale
    return await this.#options.takeSnapshot({ path: this.#options.path, seconds, ...size }, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed.signal.aborted) return
    this.#closed.abort()
    await this.#handle.close()
  }

  async #read(
    position: LoopPosition,
    reader: SampleReader,
    isOver: () => boolean,
  ): Promise<MediaSample | undefined> {
    const { track, index, decodeTime } = position
    const planned = track === 'video' ? this.#movie.video : this.#movie.audio
    const at = (planned?.firstIndex ?? 0) + index
    const data = await reader.read(at).catch((error: unknown) => {
      // Closing the file ends a read that is under way.
      if (!isOver()) throw error
    })
    if (data === undefined || data.length === 0) return undefined
    if (track === 'audio') return { track, decodeTime, isSync: true, data }
    this.#position = decodeTime
    const { video } = this.#movie
    const picture = lengthPrefixedPicture(data, video.format)
    if (picture === undefined) return undefined
    const isSync = picture.isSync && video.keyFrames.has(at)
    const offset = video.track.samples.compositionOffsets?.[at]
    const compositionTimeOffset = (offset ?? 0) - video.compositionShift
    const shown = offset !== undefined && { compositionTimeOffset }
    return { track, decodeTime, data: picture.data, isSync, ...shown }
  }

  #closedError(): MediaError {
    return new MediaError('MEDIA_CLOSED', { source: this.#options.path })
  }
}
