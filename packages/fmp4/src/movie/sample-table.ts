import type { Box } from '../box/tree.ts'
import { uint64At } from '../bytes.ts'
import { Fmp4Error } from '../errors.ts'
import { childOf, numberOf, requireChild } from './lookup.ts'
import type { TableBuilder } from './table-builder.ts'

/** Where the tables of a movie are read from. */
export interface TableInput {
  /** The bytes of the `moov`; box offsets count from their start. */
  readonly view: DataView
  /** Bytes of the file: no sample lies behind it. */
  readonly fileLength: number
}

/**
 * Expands the sample tables of a track. Counts are checked against the size of their box, or, where
 * one number stands for many samples, against the length of the file, before anything is allocated.
 * @throws Fmp4Error FMP4_BOX_MISSING, FMP4_TRUNCATED, FMP4_FIELD, FMP4_LIMIT.
 * @see ISO/IEC 14496-12 §8.6 and §8.7
 */
export function readSampleTable(stbl: Box, input: TableInput, table: TableBuilder): void {
  const sizes = sampleSizes(requireChild(stbl, 'stsz'), input)
  if (sizes.count === 0) return
  const offsets = sampleOffsets(stbl, input)
  const durations = runs(requireChild(stbl, 'stts'), input.view)
  const ctts = childOf(stbl, 'ctts')
  const compositionOffsets = ctts && runs(ctts, input.view)
  const isSync = syncSamples(childOf(stbl, 'stss'), input.view)
  let endOfLast = 0
  for (let i = 0; i < sizes.count; i++) {
    const size = sizes.at(i)
    const offset = offsets(i, size)
    const duration = durations() >>> 0
    endOfLast = Math.max(endOfLast, offset + size)
    table.push({
      ...{ offset, size, duration, isSync: isSync(i + 1) },
      compositionOffset: compositionOffsets?.() ?? 0,
    })
  }
  if (endOfLast > input.fileLength)
    throw new Fmp4Error('FMP4_TRUNCATED', { box: stbl.path, detail: 'samples behind the end' })
}

function sampleSizes(stsz: Box, { view, fileLength }: TableInput) {
  const [uniform, count] = [numberOf(stsz, 'sampleSize'), numberOf(stsz, 'sampleCount')]
  if (uniform !== 0) {
    if (count * uniform > fileLength)
      throw new Fmp4Error('FMP4_TRUNCATED', { box: stsz.path, detail: 'samples behind the end' })
    return { count, at: () => uniform }
  }
  requireEntries(stsz, count, 4)
  return { count, at: (i: number) => view.getUint32(stsz.contentOffset + 4 * i) }
}

/** @returns A function to be called for each sample in order. */
function sampleOffsets(stbl: Box, { view }: TableInput) {
  const co64 = childOf(stbl, 'co64')
  const chunks = co64 ?? requireChild(stbl, 'stco')
  const chunkCount = tableLength(chunks, co64 ? 8 : 4)
  const stsc = requireChild(stbl, 'stsc')
  const runCount = tableLength(stsc, 12)
  const firstChunk = (run: number) =>
    run < runCount ? view.getUint32(stsc.contentOffset + 12 * run) : chunkCount + 1
  let [run, chunk, left, next] = [-1, 0, 0, 0]
  return (_: number, size: number): number => {
    // Chunks of no samples are skipped; both counters are bounded by the size of their box.
    while (left === 0) {
      chunk++
      if (chunk > chunkCount)
        throw new Fmp4Error('FMP4_FIELD', { box: chunks.path, detail: 'more samples than chunks' })
      while (run + 1 < runCount && firstChunk(run + 1) <= chunk) run++
      if (run < 0) throw new Fmp4Error('FMP4_FIELD', { box: stsc.path, detail: 'no first chunk' })
      left = view.getUint32(stsc.contentOffset + 12 * run + 4)
      const at = chunks.contentOffset + (chunk - 1) * (co64 ? 8 : 4)
      next = co64 ? uint64At(view, at) : view.getUint32(at)
    }
    left--
    const offset = next
    next += size
    return offset
  }
}

/** @returns A function that gives the values of a table of (count, value) entries one by one. */
function runs(box: Box, view: DataView): () => number {
  const count = tableLength(box, 8)
  let [entry, left, value] = [0, 0, 0]
  return () => {
    while (left === 0) {
      if (entry === count)
        throw new Fmp4Error('FMP4_FIELD', { box: box.path, detail: 'fewer entries than samples' })
      left = view.getUint32(box.contentOffset + 8 * entry)
      // Signed in either version: QuickTime writes negative offsets into version 0.
      value = view.getInt32(box.contentOffset + 8 * entry + 4)
      entry++
    }
    left--
    return value
  }
}

/** @returns Whether the sample of a number, counted from 1 and asked in order, is a sync sample. */
function syncSamples(stss: Box | undefined, view: DataView): (number: number) => boolean {
  if (stss === undefined) return () => true
  const count = tableLength(stss, 4)
  let entry = 0
  return number => {
    while (entry < count && view.getUint32(stss.contentOffset + 4 * entry) < number) entry++
    return entry < count && view.getUint32(stss.contentOffset + 4 * entry) === number
  }
}

/** @returns The entries of a table, which have to fit into its box. */
export function tableLength(box: Box, entryLength: number): number {
  const count = numberOf(box, 'entryCount')
  requireEntries(box, count, entryLength)
  return count
}

function requireEntries(box: Box, count: number, entryLength: number): void {
  if (count * entryLength > box.offset + box.size - box.contentOffset)
    throw new Fmp4Error('FMP4_BOX_SIZE', { box: box.path, detail: `${count} entries do not fit` })
}
