import type { FileHandle } from 'node:fs/promises'

import type { SampleTable } from '@hksv/fmp4'

import { readExactly } from './movie-file.ts'

const windowLength = 256 * 1024

/**
 * Reads the samples of one track through a window of 256 KiB, so that a file is never in memory as a
 * whole and neighbouring samples take one read. A window that was handed out is never written again.
 */
export class SampleReader {
  readonly #handle: FileHandle
  readonly #table: SampleTable
  #window: Uint8Array = new Uint8Array()
  #start = 0

  constructor(handle: FileHandle, table: SampleTable) {
    this.#handle = handle
    this.#table = table
  }

  /**
   * @returns A view of a sample's bytes.
   * @throws MediaError MEDIA_READ
   */
  async read(index: number): Promise<Uint8Array> {
    const offset = this.#table.offsets[index] ?? 0
    const size = this.#table.sizes[index] ?? 0
    const isInside = offset >= this.#start && offset + size <= this.#start + this.#window.length
    if (!isInside) {
      this.#window = await readExactly(this.#handle, offset, this.#windowLength(index))
      this.#start = offset
    }
    return this.#window.subarray(offset - this.#start, offset - this.#start + size)
  }

  /** A window ends with a sample: behind the last one the file may end. */
  #windowLength(index: number): number {
    const { offsets, sizes } = this.#table
    const start = offsets[index] ?? 0
    let end = start + (sizes[index] ?? 0)
    for (let next = index + 1; next < offsets.length; next++) {
      const nextEnd = (offsets[next] ?? 0) + (sizes[next] ?? 0)
      if (nextEnd < end || nextEnd > start + windowLength) break
      end = nextEnd
    }
    return end - start
  }
}
