import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'

import { type Finding, FragmentInspector } from '@hksv/fmp4'
import type { FragmentEvent } from '@hksv/hds'

import { HubError } from './errors.ts'
import { systemReason } from './store/secure-file.ts'

/** One fragment of a clip in numbers. */
export interface ClipFragment {
  readonly sequence: number
  /** From the beginning of the clip: the sum of the fragments before. */
  readonly startMs: number
  /** Of the video. */
  readonly durationMs: number
  readonly bytes: number
  /** In how many chunks it came. */
  readonly chunks: number
  readonly videoSamples: number
  readonly audioSamples: number
}

/** How a clip is written. */
export interface ClipWriterOptions {
  /** What it is called while it grows; `PATH.part` unless given. */
  readonly partPath?: string
  /** Each fragment is on the disk before the next one is taken; false unless given. */
  readonly isDurable?: boolean
}

/**
 * Writes a recording as it comes, in whole fragments: what is on the disk always plays. It gets its
 * name when it is finished.
 */
export class ClipWriter {
  readonly path: string
  readonly #file: FileHandle
  readonly #partPath: string
  readonly #isDurable: boolean
  readonly #fragments: ClipFragment[] = []
  readonly #findings: Finding[] = []
  #inspector: FragmentInspector | undefined
  #bytes = 0

  private constructor(path: string, file: FileHandle, options: Required<ClipWriterOptions>) {
    this.path = path
    this.#file = file
    this.#partPath = options.partPath
    this.#isDurable = options.isDurable
  }

  /** @throws HubError `HUB_CLIP_UNWRITABLE` */
  static async create(path: string, options: ClipWriterOptions = {}): Promise<ClipWriter> {
    const { partPath = `${path}.part`, isDurable = false } = options
    try {
      // It would turn out only when the clip is put in its place.
      const there = await stat(path).catch(() => undefined)
      if (there?.isDirectory() === true) throw Object.assign(new Error(path), { code: 'EISDIR' })
      return new ClipWriter(path, await open(partPath, 'w'), { partPath, isDurable })
    } catch (cause) {
      throw unwritable(path, cause)
    }
  }

  get bytes(): number {
    return this.#bytes
  }

  get fragments(): readonly ClipFragment[] {
    return this.#fragments
  }

  /** What the inspector says is wrong with it. */
  get findings(): readonly Finding[] {
    return this.#findings
  }

  /** Of the video. */
  get durationMs(): number {
    const last = this.#fragments.at(-1)
    return last === undefined ? 0 : last.startMs + last.durationMs
  }

  /**
   * Appends the initialization or a fragment, whole or not at all.
   *
   * @returns The fragment in numbers; `undefined` for the initialization.
   * @throws HubError `HUB_CLIP_UNWRITABLE`
   */
  async write(event: FragmentEvent): Promise<ClipFragment | undefined> {
    const { data, dataType } = event
    await this.#append(data)
    if (dataType === 'mediaInitialization' || this.#inspector === undefined) {
      this.#inspector = new FragmentInspector(data)
      this.#findings.push(...this.#inspector.init.findings)
      return undefined
    }
    const { tracks } = this.#inspector.init.state
    const timescale = tracks.find(({ kind }) => kind === 'video')?.timescale ?? 1
    const { summary, findings } = this.#inspector.inspect(data)
    this.#findings.push(...findings)
    const fragment: ClipFragment = {
      sequence: event.sequence,
      startMs: this.durationMs,
      durationMs: ((summary.video?.duration ?? 0) / timescale) * 1000,
      bytes: data.length,
      chunks: event.chunks,
      videoSamples: summary.video?.samples ?? 0,
      audioSamples: summary.audio?.samples ?? 0,
    }
    this.#fragments.push(fragment)
    return fragment
  }

  /**
   * Puts the clip in its place, or takes the empty file away.
   *
   * @returns Whether there is a clip.
   * @throws HubError `HUB_CLIP_UNWRITABLE`
   */
  async finish(): Promise<boolean> {
    const hasMedia = this.#fragments.length > 0
    try {
      try {
        if (hasMedia) await this.#file.sync()
      } finally {
        await this.#file.close()
      }
      if (hasMedia) await rename(this.#partPath, this.path)
      else await rm(this.#partPath, { force: true })
    } catch (cause) {
      throw unwritable(this.path, cause)
    }
    return hasMedia
  }

  async #append(data: Uint8Array): Promise<void> {
    try {
      await this.#file.appendFile(data)
      if (this.#isDurable) await this.#file.datasync()
    } catch (cause) {
      // Half a fragment would not play; where nothing can be cut off nothing was written either.
      await this.#file.truncate(this.#bytes).catch(() => undefined)
      throw unwritable(this.path, cause)
    }
    this.#bytes += data.length
  }
}

function unwritable(path: string, cause: unknown): HubError {
  return new HubError('HUB_CLIP_UNWRITABLE', {
    message: `Cannot write ${path}: ${systemReason(cause)}. Choose another path, or make room; whole fragments that came before are kept.`,
    cause,
  })
}
