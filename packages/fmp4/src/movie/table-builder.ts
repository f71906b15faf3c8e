import { Fmp4Error } from '../errors.ts'
import type { SampleTable } from './movie.ts'

/** One sample, as the tables of a file describe it. */
export interface FileSample {
  readonly offset: number
  readonly size: number
  readonly duration: number
  readonly compositionOffset: number
  readonly isSync: boolean
}

/** More than four days of pictures. */
const maxSamples = 2 ** 24

/** Collects a {@link SampleTable}. */
export class TableBuilder {
  /** When the next sample begins. */
  time = 0
  readonly #limit: number
  readonly #offsets: number[] = []
  readonly #sizes: number[] = []
  readonly #decodeTimes: number[] = []
  readonly #compositionOffsets: number[] = []
  readonly #isSync: boolean[] = []

  /** @param fileLength - Bytes of the file: a sample takes at least one, of data or of a table. */
  constructor(fileLength: number) {
    this.#limit = Math.min(maxSamples, fileLength)
  }

  /** @throws Fmp4Error FMP4_LIMIT above 2^24 samples, or one for each byte of the file. */
  push(sample: FileSample): void {
    if (this.#offsets.length === this.#limit)
      throw new Fmp4Error('FMP4_LIMIT', { detail: 'samples' })
    this.#offsets.push(sample.offset)
    this.#sizes.push(sample.size)
    this.#decodeTimes.push(this.time)
    this.#compositionOffsets.push(sample.compositionOffset)
    this.#isSync.push(sample.isSync)
    this.time += sample.duration
  }

  finish(): SampleTable {
    const hasOffsets = this.#compositionOffsets.some(offset => offset !== 0)
    return {
      count: this.#offsets.length,
      offsets: Float64Array.from(this.#offsets),
      sizes: Uint32Array.from(this.#sizes),
      decodeTimes: Float64Array.from(this.#decodeTimes),
      ...(hasOffsets && { compositionOffsets: Int32Array.from(this.#compositionOffsets) }),
      isSync: Uint8Array.from(this.#isSync, Number),
      endTime: this.time,
    }
  }
}
