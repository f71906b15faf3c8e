import { sampleFlags, tfhdFlags, trunFlags } from '../box/fragment-boxes.ts'
import type { Box } from '../box/tree.ts'
import { Fmp4Error } from '../errors.ts'
import { childOf, numberOf } from './lookup.ts'

/** Defaults of a track, from its `trex`. */
export interface SampleDefaults {
  readonly duration: number
  readonly size: number
  readonly flags: number
}

/** One sample of a `trun`, with all defaults resolved. */
export interface RunSample {
  readonly duration: number
  readonly size: number
  readonly flags: number
  readonly compositionOffset: number
}

/** A `trun` that was read. */
interface ReadRun {
  readonly box: Box
  /** Where its data begins, counted from the base of its `traf`; undefined: behind the run before. */
  readonly dataOffset: number | undefined
  readonly samples: readonly RunSample[]
}

/** Samples of a `trun` may take no bytes of it: so many are believed beyond one for each byte read. */
const freeSamples = 4096

/** @returns The defaults that a `trex` box holds. */
export function trexDefaults(trex: Box): SampleDefaults {
  return {
    duration: numberOf(trex, 'defaultSampleDuration'),
    size: numberOf(trex, 'defaultSampleSize'),
    flags: numberOf(trex, 'defaultSampleFlags'),
  }
}

/** @returns The defaults of a `tfhd`, which win over those of the `trex`. */
function tfhdDefaults(tfhd: Box, trex: SampleDefaults): SampleDefaults {
  const pick = (flag: number, name: string, fallback: number) =>
    ((tfhd.flags ?? 0) & flag) === 0 ? fallback : numberOf(tfhd, name)
  return {
    duration: pick(tfhdFlags.defaultSampleDuration, 'defaultSampleDuration', trex.duration),
    size: pick(tfhdFlags.defaultSampleSize, 'defaultSampleSize', trex.size),
    flags: pick(tfhdFlags.defaultSampleFlags, 'defaultSampleFlags', trex.flags),
  }
}

/**
 * Reads the samples of a `trun`, at most `limit`.
 * @throws Fmp4Error FMP4_BOX_SIZE when the announced samples do not fill the box exactly, FMP4_LIMIT.
 * @see ISO/IEC 14496-12 §8.8.8
 */
function readRun(
  trun: Box,
  view: DataView,
  { defaults, limit }: { defaults: SampleDefaults; limit: number },
): ReadRun {
  const flags = trun.flags ?? 0
  const has = (flag: number) => (flags & flag) !== 0
  const count = numberOf(trun, 'sampleCount')
  const perSample = [0x100, 0x200, 0x400, 0x800].filter(has).length * 4
  const room = trun.offset + trun.size - trun.contentOffset
  if (count * perSample !== room)
    throw new Fmp4Error('FMP4_BOX_SIZE', {
      ...{ box: trun.path, offset: trun.offset },
      detail: `${count} samples of ${perSample} bytes do not make ${room}`,
    })
  if (count > limit)
    throw new Fmp4Error('FMP4_LIMIT', { box: trun.path, detail: `${count} samples` })
  let at = trun.contentOffset
  const next = () => {
    at += 4
    return view.getUint32(at - 4)
  }
  const first = has(trunFlags.firstSampleFlags) ? numberOf(trun, 'firstSampleFlags') : undefined
  const samples: RunSample[] = []
  for (let i = 0; i < count; i++)
    samples.push({
      duration: has(trunFlags.sampleDuration) ? next() : defaults.duration,
      size: has(trunFlags.sampleSize) ? next() : defaults.size,
      flags: has(trunFlags.sampleFlags)
        ? next()
        : ((i === 0 ? first : undefined) ?? defaults.flags),
      compositionOffset: has(trunFlags.sampleCompositionTimeOffset)
        ? signed(next(), trun.version ?? 0)
        : 0,
    })
  const dataOffset = has(trunFlags.dataOffset) ? numberOf(trun, 'dataOffset') : undefined
  return { box: trun, dataOffset, samples }
}

/** A track fragment that was read. */
export interface ReadTrackFragment {
  readonly trackId: number
  /** Undefined without a `tfdt`. */
  readonly baseMediaDecodeTime: number | undefined
  readonly runs: readonly (ReadRun & {
    /** Where the data of the run begins, on the same count as the offset of the `moof`. */
    readonly start: number
  })[]
}

/**
 * Reads the track fragments of a `moof`, with the place of each run's data.
 * @param view - The bytes that box offsets count from.
 * @param defaults - Gives the `trex` of a track; a track without is left out.
 * @param fileOffset - Where `view` begins in the file, for absolute offsets.
 * @throws Fmp4Error FMP4_BOX_SIZE, FMP4_LIMIT.
 */
export function readTrackFragments(
  moof: Box,
  view: DataView,
  defaults: (trackId: number) => SampleDefaults | undefined,
  fileOffset: number,
): ReadTrackFragment[] {
  const fragments: ReadTrackFragment[] = []
  let endOfPrevious = moof.offset
  let limit = view.byteLength + freeSamples
  for (const traf of moof.children.filter(child => child.type === 'traf')) {
    const tfhd = childOf(traf, 'tfhd')
    const trex = tfhd && defaults(numberOf(tfhd, 'trackId'))
    if (tfhd === undefined || trex === undefined) continue
    const flags = tfhd.flags ?? 0
    // Without a base of its own, data is counted from the end of the previous track fragment's.
    let base = endOfPrevious
    if (flags & tfhdFlags.defaultBaseIsMoof) base = moof.offset
    if (flags & tfhdFlags.baseDataOffset) base = numberOf(tfhd, 'baseDataOffset') - fileOffset
    const own = tfhdDefaults(tfhd, trex)
    let next = base
    const runs = traf.children
      .filter(child => child.type === 'trun')
      .map(trun => {
        const run = readRun(trun, view, { defaults: own, limit })
        limit -= run.samples.length
        const start = run.dataOffset === undefined ? next : base + run.dataOffset
        next = start + run.samples.reduce((sum, sample) => sum + sample.size, 0)
        return { ...run, start }
      })
    endOfPrevious = next
    const tfdt = childOf(traf, 'tfdt')
    const baseMediaDecodeTime = tfdt && numberOf(tfdt, 'baseMediaDecodeTime')
    fragments.push({ trackId: numberOf(tfhd, 'trackId'), baseMediaDecodeTime, runs })
  }
  return fragments
}

/** @returns Whether sample flags mark a sync sample. */
export function isSyncSample(flags: number): boolean {
  return (flags & sampleFlags.nonSyncBit) === 0
}

function signed(value: number, version: number): number {
  return version === 0 ? value : value | 0
}
