import { type FileHandle, open, rename, rm } from 'node:fs/promises'

import { type Finding, FragmentInspector } from '@hksv/fmp4'
import type { FragmentEvent } from '@hksv/hds'

import { HubError } from './errors.ts'
import { isNodeError } from './store/secure-file.ts'

/** One fragment of a clip in numbers. */
export interface ClipFragment {
  readonly sequence: number
  /** From the beginning of the clip. */
  readonly startMs: number
  readonly durationMs: number
  readonly bytes: number
  readonly chunks: number
  readonly videoSamples: number
  readonly audioSamples: number
}

/** Writes a recording as it comes, in whole fragments: what is on the disk always plays. */
export class ClipWriter {
  readonly path: string
  readonly #file: FileHandle
  readonly #fragments: ClipFragment[] = []
  readonly #findings: Finding[] = []
  #inspector: FragmentInspector | undefined
  #bytes = 0

  private constructor(path: string, file: FileHandle) {
    this.path = path
    this.#file = file
  }

  /** @throws HubError `HUB_CLIP_UNWRITABLE` */
  static async create(path: string): Promise<ClipWriter> {
    try {
      return new ClipWriter(path, await open(partOf(path), 'w'))
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

  /** @throws HubError `HUB_CLIP_UNWRITABLE` */
  async write({ data, dataType, sequence, chunks }: FragmentEvent): Promise<void> {
    try {
      await this.#file.appendFile(data)
    } catch (cause) {
      throw unwritable(this.path, cause)
    }
    this.#bytes += data.length
    if (dataType === 'mediaInitialization') {
      this.#inspector = new FragmentInspector(data)
      this.#findings.push(...this.#inspector.init.findings)
      return
    }
    if (this.#inspector === undefined) return
    const { summary, findings } = this.#inspector.inspect(data)
    this.#findings.push(...findings)
    const timescale = this.#timescale()
    const { video, audio } = summary
    this.#fragments.push({
      sequence,
      startMs: ((video?.decodeTime ?? 0) / timescale) * 1000,
      durationMs: ((video?.duration ?? 0) / timescale) * 1000,
      bytes: data.length,
      chunks,
      videoSamples: video?.samples ?? 0,
      audioSamples: audio?.samples ?? 0,
    })
  }

  /**
   * Puts the clip in its place, or takes the empty file away.
   *
   * @returns Whether there is a clip.
   */
  async finish(): Promise<boolean> {
    const hasMedia = this.#fragments.length > 0
    try {
      await this.#file.sync()
      await this.#file.close()
      if (hasMedia) await rename(partOf(this.path), this.path)
      else await rm(partOf(this.path), { force: true })
    } catch (cause) {
      throw unwritable(this.path, cause)
    }
    return hasMedia
  }

  #timescale(): number {
    const tracks = this.#inspector?.init.state.tracks ?? []
    return tracks.find(({ kind }) => kind === 'video')?.timescale ?? 1
  }
}

/** Where a clip is while it grows. */
function partOf(path: string): string {
  return `${path}.part`
}

function unwritable(path: string, cause: unknown): HubError {
  const code = isNodeError(cause) ? cause.code : undefined
  const why =
    {
      ENOSPC: 'the disk is full',
      EACCES: 'permission denied',
      ENOENT: 'there is no such directory',
    }[code ?? ''] ?? String(code ?? cause)
  const kept = code === 'ENOSPC' ? ` What was received before is in ${partOf(path)}.` : ''
  return new HubError('HUB_CLIP_UNWRITABLE', {
    message: `Cannot write ${path}: ${why}.${kept}`,
    cause,
  })
}
