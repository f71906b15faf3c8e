import { type Box, boxTree } from '../box/tree.ts'
import { fourccAt, uint64At, viewOf } from '../bytes.ts'
import { Fmp4Error } from '../errors.ts'
import { numberOf, requireChild } from './lookup.ts'
import type { Movie } from './movie.ts'
import {
  isSyncSample,
  readTrackFragments,
  type SampleDefaults,
  trexDefaults,
} from './read-fragment.ts'
import { isUsable, readTrackHead, type TrackHead } from './read-track.ts'
import { readSampleTable } from './sample-table.ts'
import { TableBuilder } from './table-builder.ts'

/** Bytes of a file that the reader wants next: all of them, none behind the end is asked for. */
export interface ReadRequest {
  readonly offset: number
  readonly length: number
}

/** First boxes of files that are MP4, or QuickTime, which is close enough to read. */
const firstTypes: ReadonlySet<string> = new Set([
  ...['ftyp', 'styp', 'moov', 'moof', 'mdat', 'free', 'skip', 'wide', 'pnot', 'uuid', 'sidx'],
])
const maxTopBoxes = 2 ** 20
/** A larger `moov` or `moof` is not read. */
const maxHeadLength = 64 * 2 ** 20

interface OpenTrack {
  readonly head: TrackHead
  readonly defaults: SampleDefaults
  readonly table: TableBuilder
}

/**
 * Finds the tracks and samples of an MP4 file, plain or fragmented, `moov` at the start or the end.
 * It reads no file itself: it yields what it wants to see, and is resumed with those bytes.
 * ```ts
 * const reader = movieReader(fileLength)
 * let step = reader.next()
 * while (!step.done) step = reader.next(read(step.value.offset, step.value.length))
 * const movie = step.value
 * ```
 * Media data is never asked for.
 * @throws Fmp4Error FMP4_NOT_MP4, FMP4_TRUNCATED when a box or sample lies behind `fileLength`,
 * FMP4_BOX_MISSING, FMP4_BOX_SIZE, FMP4_FIELD, FMP4_LIMIT.
 */
export function* movieReader(fileLength: number): Generator<ReadRequest, Movie, Uint8Array> {
  let tracks: Map<number, OpenTrack> | undefined
  let isFragmented = false
  let offset = 0
  for (let count = 0; offset < fileLength; count++) {
    if (count === maxTopBoxes) throw new Fmp4Error('FMP4_LIMIT', { detail: 'boxes' })
    const length = Math.min(16, fileLength - offset)
    const { type, size } = topLevelBox(yield { offset, length }, { offset, fileLength })
    if (type === 'moov' && tracks === undefined)
      tracks = openTracks(yield headRequest(type, offset, size), fileLength)
    if (type === 'moof') {
      if (tracks === undefined) throw new Fmp4Error('FMP4_BOX_MISSING', { box: 'moov', offset })
      isFragmented = true
      addFragment(yield headRequest(type, offset, size), { offset, fileLength, tracks })
    }
    offset += size
  }
  if (tracks === undefined)
    throw new Fmp4Error(fileLength === 0 ? 'FMP4_NOT_MP4' : 'FMP4_BOX_MISSING', { box: 'moov' })
  const list = [...tracks.values()].map(({ head, table }) => ({ ...head, samples: table.finish() }))
  return { tracks: list, isFragmented }
}

/**
 * Finds the tracks and samples of MP4 data that is all in memory, such as a recording.
 * @throws Fmp4Error as {@link movieReader}.
 */
export function readMovie(bytes: Uint8Array): Movie {
  const reader = movieReader(bytes.length)
  let step = reader.next()
  while (!step.done) {
    const { offset, length } = step.value
    step = reader.next(bytes.subarray(offset, offset + length))
  }
  return step.value
}

function headRequest(box: string, offset: number, length: number): ReadRequest {
  if (length > maxHeadLength) throw new Fmp4Error('FMP4_LIMIT', { box, offset })
  return { offset, length }
}

function topLevelBox(header: Uint8Array, at: { offset: number; fileLength: number }) {
  const { offset, fileLength } = at
  const view = viewOf(header)
  const type = header.length < 8 ? '' : fourccAt(view, 4)
  if (offset === 0 && !firstTypes.has(type)) throw new Fmp4Error('FMP4_NOT_MP4')
  if (header.length < 8) throw new Fmp4Error('FMP4_TRUNCATED', { offset })
  let size = view.getUint32(0)
  const isLong = size === 1
  if (size === 0) size = fileLength - offset
  if (isLong) size = header.length < 16 ? 0 : uint64At(view, 8)
  if (size < (isLong ? 16 : 8)) throw new Fmp4Error('FMP4_BOX_SIZE', { box: type, offset })
  if (offset + size > fileLength)
    throw new Fmp4Error('FMP4_TRUNCATED', {
      ...{ box: type, offset },
      detail: `${size} bytes where ${fileLength - offset} are left`,
    })
  return { type, size }
}

function openTracks(bytes: Uint8Array, fileLength: number): Map<number, OpenTrack> {
  // What is wrong inside a sample entry concerns that codec alone; QuickTime has other ones there.
  const onProblem = (error: Fmp4Error) => {
    if (error.box?.includes('/stsd/') !== true) throw error
  }
  const [moov] = boxTree(bytes, { onProblem })
  if (moov === undefined) throw new Fmp4Error('FMP4_BOX_MISSING', { box: 'moov' })
  const movieTimescale = numberOf(requireChild(moov, 'mvhd'), 'timescale')
  const tracks = new Map<number, OpenTrack>()
  for (const trak of moov.children.filter(child => child.type === 'trak')) {
    const head = readTrackHead(trak, bytes, movieTimescale)
    const table = new TableBuilder(fileLength)
    if (isUsable(head))
      readSampleTable(
        requireChild(trak, 'mdia', 'minf', 'stbl'),
        { view: viewOf(bytes), fileLength },
        table,
      )
    tracks.set(head.trackId, { head, table, defaults: defaultsOf(moov, head.trackId) })
  }
  return tracks
}

function defaultsOf(moov: Box, trackId: number): SampleDefaults {
  const mvex = moov.children.find(child => child.type === 'mvex')
  const trex = mvex?.children.find(
    child => child.type === 'trex' && numberOf(child, 'trackId') === trackId,
  )
  return trex ? trexDefaults(trex) : { duration: 0, size: 0, flags: 0 }
}

function addFragment(
  bytes: Uint8Array,
  context: { offset: number; fileLength: number; tracks: Map<number, OpenTrack> },
): void {
  const { offset, fileLength, tracks } = context
  const [moof] = boxTree(bytes)
  if (moof === undefined) return
  const known = (trackId: number) => {
    const track = tracks.get(trackId)
    return track !== undefined && isUsable(track.head) ? track.defaults : undefined
  }
  for (const fragment of readTrackFragments(moof, viewOf(bytes), known, offset)) {
    const track = tracks.get(fragment.trackId)
    if (track === undefined) continue
    track.table.time = fragment.baseMediaDecodeTime ?? track.table.time
    for (const run of fragment.runs) {
      let at = run.start + offset
      for (const sample of run.samples) {
        track.table.push({ ...sample, offset: at, isSync: isSyncSample(sample.flags) })
        at += sample.size
      }
      if (at > fileLength || run.start + offset < 0)
        throw new Fmp4Error('FMP4_TRUNCATED', {
          box: run.box.path,
          detail: 'samples behind the end',
        })
    }
  }
}
