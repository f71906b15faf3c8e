import type { Box } from '../box/tree.ts'
import type { ReadTrackFragment, RunSample } from '../movie/read-fragment.ts'
import type { Findings } from './finding.ts'

/** A sample of a fragment with its bytes. */
export interface PlacedSample extends RunSample {
  /** Path of its `trun`. */
  readonly path: string
  /** Where it begins, in bytes from the start of the fragment. */
  readonly offset: number
  /** Shorter than `size` when it lies outside of the fragment. */
  readonly data: Uint8Array
}

/** @returns The samples of a track fragment. */
export function placeSamples(fragment: ReadTrackFragment, bytes: Uint8Array): PlacedSample[] {
  const placed: PlacedSample[] = []
  for (const run of fragment.runs) {
    let offset = run.start
    for (const sample of run.samples) {
      const from = Math.max(0, offset)
      const data = bytes.subarray(from, Math.max(from, offset + sample.size))
      placed.push({ ...sample, path: run.box.path, offset, data })
      offset += sample.size
    }
  }
  return placed
}

/** Check 6: the runs lie inside of `mdat`, beside each other, and fill it. */
export function inspectRanges(
  fragments: readonly ReadTrackFragment[],
  mdat: Box,
  findings: Findings,
): void {
  const [start, end] = [mdat.contentOffset, mdat.offset + mdat.size]
  const runs = fragments.flatMap(fragment => fragment.runs).toSorted((a, b) => a.start - b.start)
  let at = start
  let total = 0
  for (const run of runs) {
    const length = run.samples.reduce((sum, sample) => sum + sample.size, 0)
    total += length
    if (run.start < start || run.start + length > end) {
      const text = `bytes ${run.start} to ${run.start + length}, mdat holds ${start} to ${end}`
      findings.add('data-range', run.box, text)
    } else if (run.start < at) findings.add('data-range', run.box, 'lies on the run before')
    at = Math.max(at, run.start + length)
  }
  if (total !== end - start)
    findings.add('data-size', mdat, `${total} bytes of samples in ${end - start} bytes of payload`)
}
