import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'

import type { Finding } from '@hksv/fmp4'
import type { FragmentEvent } from '@hksv/hds'

import { ClipAccount, type ClipFragment, type ClipTarget } from './clip-account.ts'
import { HubError } from './errors.ts'
import { systemReason } from './store/secure-file.ts'

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
export class ClipWriter implements ClipTarget {
  readonly path: string
  readonly #file: FileHandle
  readonly #partPath: string
  readonly #isDurable: boolean
  readonly #account = new ClipAccount()

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
    return this.#account.bytes
  }

  get fragments(): readonly ClipFragment[] {
    return this.#account.fragments
  }

  /** What the inspector says is wrong with it. */
  get findings(): readonly Finding[] {
    return this.#account.findings
  }

  /** Of the video. */
  get durationMs(): number {
    return this.#account.durationMs
  }

  /**
   * Appends the initialization or a fragment, whole or not at all.
   *
   * @returns The fragment in numbers; `undefined` for the initialization.
   * @throws HubError `HUB_CLIP_UNWRITABLE`
   */
  async write(event: FragmentEvent): Promise<ClipFragment | undefined> {
    await this.#append(event.data)
    return this.#account.add(event)
  }

  /**
   * Puts the clip in its place, or takes the empty file away.
   *
   * @returns Whether there is a clip.
   * @throws HubError `HUB_CLIP_UNWRITABLE`
   */
  async finish(): Promise<boolean> {
    const hasMedia = this.fragments.length > 0
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
      await this.#file.truncate(this.bytes).catch(() => undefined)
      throw unwritable(this.path, cause)
    }
  }
}

function unwritable(path: string, cause: unknown): HubError {
  return new HubError('HUB_CLIP_UNWRITABLE', {
    message: `Cannot write ${path}: ${systemReason(cause)}. Choose another path, or make room; whole fragments that came before are kept.`,
    cause,
  })
}
