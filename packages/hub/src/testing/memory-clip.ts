import { writeFile } from 'node:fs/promises'

import type { Finding } from '@hksv/fmp4'
import type { FragmentEvent } from '@hksv/hds'

import { ClipAccount, type ClipFragment, type ClipTarget } from '../clip-account.ts'
import type { RecordingReport } from '../record-clip.ts'

/** A clip in memory, with all that is known of it. */
export interface TestClip extends RecordingReport {
  /** `ftyp` and `moov`. */
  readonly init: Uint8Array
  /** Each `moof` with its `mdat`, as it came; `fragments` has them in numbers. */
  readonly media: readonly Uint8Array[]
  /** The whole file: the initialization and all fragments. */
  readonly mp4: Uint8Array
  /** Writes {@link mp4} to a file, to look at it. */
  save(path: string): Promise<void>
}

/** Keeps a clip in memory. */
export class MemoryClip implements ClipTarget {
  readonly #account = new ClipAccount()
  readonly #media: Uint8Array[] = []
  #init: Uint8Array = new Uint8Array(0)

  get bytes(): number {
    return this.#account.bytes
  }

  get fragments(): readonly ClipFragment[] {
    return this.#account.fragments
  }

  get findings(): readonly Finding[] {
    return this.#account.findings
  }

  get durationMs(): number {
    return this.#account.durationMs
  }

  async write(event: FragmentEvent): Promise<ClipFragment | undefined> {
    const fragment = this.#account.add(event)
    if (fragment === undefined) this.#init = event.data
    else this.#media.push(event.data)
    return fragment
  }

  async finish(): Promise<boolean> {
    return this.#media.length > 0
  }

  /** The clip as the test gets it. */
  clip(report: RecordingReport): TestClip {
    const init = this.#init
    const media = this.#media
    const mp4 = () => new Uint8Array(Buffer.concat([init, ...media]))
    return {
      ...report,
      init,
      media,
      get mp4() {
        return mp4()
      },
      save: path => writeFile(path, mp4()),
    }
  }
}
