import { type Finding, FragmentInspector } from '@hksv/fmp4'
import type { FragmentEvent } from '@hksv/hds'

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

/** What a recording goes into. */
export interface ClipTarget {
  readonly bytes: number
  readonly fragments: readonly ClipFragment[]
  /** What the inspector says is wrong with it. */
  readonly findings: readonly Finding[]
  /** Of the video. */
  readonly durationMs: number
  /** Takes the initialization or a fragment. @returns The fragment in numbers. */
  write(event: FragmentEvent): Promise<ClipFragment | undefined>
  /** No more will come. @returns Whether there is a clip. */
  finish(): Promise<boolean>
}

/** What a clip consists of, and what is wrong with it. */
export class ClipAccount {
  readonly fragments: ClipFragment[] = []
  readonly findings: Finding[] = []
  #inspector: FragmentInspector | undefined
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /** Of the video. */
  get durationMs(): number {
    const last = this.fragments.at(-1)
    return last === undefined ? 0 : last.startMs + last.durationMs
  }

  /** @returns The fragment in numbers; `undefined` for the initialization. */
  add(event: FragmentEvent): ClipFragment | undefined {
    const { data, dataType } = event
    this.#bytes += data.length
    if (dataType === 'mediaInitialization' || this.#inspector === undefined) {
      this.#inspector = new FragmentInspector(data)
      this.findings.push(...this.#inspector.init.findings)
      return undefined
    }
    const { tracks } = this.#inspector.init.state
    const timescale = tracks.find(({ kind }) => kind === 'video')?.timescale ?? 1
    const { summary, findings } = this.#inspector.inspect(data)
    this.findings.push(...findings)
    const fragment: ClipFragment = {
      sequence: event.sequence,
      startMs: this.durationMs,
      durationMs: ((summary.video?.duration ?? 0) / timescale) * 1000,
      bytes: data.length,
      chunks: event.chunks,
      videoSamples: summary.video?.samples ?? 0,
      audioSamples: summary.audio?.samples ?? 0,
    }
    this.fragments.push(fragment)
    return fragment
  }
}
