import { type Box, boxTree } from '../box/tree.ts'
import { fourccAt, uint64At, viewOf } from '../bytes.ts'
import { Fmp4Error } from '../errors.ts'
import { numberOf, requireChild } from './lookup.ts'
import type { MovieTrack } from './movie.ts'
import {
  isSyncSample,
  type ReadTrackFragment,
  readTrackFragments,
  type SampleDefaults,
  trexDefaults,
} from './read-fragment.ts'
import { readTrackHead } from './read-track.ts'

/** A track of a stream: what the `moov` says of it. */
export type StreamedTrack = Omit<MovieTrack, 'samples'>

/** What comes out of a {@link MovieStream}. */
export type MovieStreamEvent =
  /** The `moov` has come. */
  | { readonly type: 'tracks'; readonly tracks: readonly StreamedTrack[] }
  | {
      readonly type: 'sample'
      readonly trackId: number
      /** In units of the track's timescale. */
      readonly decodeTime: number
      /** When it is shown, counted from `decodeTime`. */
      readonly compositionOffset: number
      /** What the stream calls a sync sample. */
      readonly isSync: boolean
      /** A view: valid until the next `receive`. */
      readonly data: Uint8Array
    }

/** How a {@link MovieStream} reads. */
export interface MovieStreamOptions {
  /** Bytes that the largest box may have: 32 MiB unless told. */
  readonly maxBoxLength?: number
}

interface KnownTrack {
  readonly defaults: SampleDefaults
  /** When the next sample begins. */
  time: number
}

interface PendingFragment {
  /** Bytes from the start of the stream. */
  readonly offset: number
  readonly tracks: readonly ReadTrackFragment[]
}

/**
 * Reads fragmented MP4 as it comes in, in pieces of any size, and gives each sample as soon as its `mdat`
 * is complete. Samples that the `moov` itself lists are left out. Boxes beside `moov`, `moof` and `mdat` are passed over. Memory follows what was received: at
 * most one box.
 * @see ISO/IEC 14496-12 §8.8
 */
export class MovieStream {
  readonly #maxBoxLength: number
  readonly #tracks = new Map<number, KnownTrack>()
  #fragment: PendingFragment | undefined
  #chunks: Uint8Array[] = []
  #pendingLength = 0
  /** Of the box that comes next, counted from the start of the stream. */
  #offset = 0

  constructor({ maxBoxLength = 32 * 2 ** 20 }: MovieStreamOptions = {}) {
    this.#maxBoxLength = maxBoxLength
  }

  /** Bytes of a box that has not come as a whole. */
  get pendingLength(): number {
    return this.#pendingLength
  }

  /**
   * Takes what came. The bytes may be kept until their box is complete: they are given away.
   * @throws Fmp4Error FMP4_NOT_MP4, FMP4_BOX_SIZE, FMP4_BOX_MISSING, FMP4_FIELD, FMP4_LIMIT,
   * FMP4_TRUNCATED; the stream cannot be read on after that.
   */
  receive(bytes: Uint8Array): MovieStreamEvent[] {
    this.#chunks.push(bytes)
    this.#pendingLength += bytes.length
    const events: MovieStreamEvent[] = []
    for (let size = this.#nextSize(); size !== undefined; size = this.#nextSize()) {
      events.push(...this.#box(this.#take(size)))
      this.#offset += size
    }
    return events
  }

  /** @returns The size of the next box when all of it is there. */
  #nextSize(): number | undefined {
    const header = this.#header()
    if (header.length < 8) return undefined
    const view = viewOf(header)
    let size = view.getUint32(0)
    const isLong = size === 1
    if (isLong) {
      if (header.length < 16) return undefined
      size = uint64At(view, 8)
    }
    const box = fourccAt(view, 4)
    if (this.#offset === 0 && box !== 'ftyp') throw new Fmp4Error('FMP4_NOT_MP4')
    const offset = this.#offset
    if (size < (isLong ? 16 : 8)) throw new Fmp4Error('FMP4_BOX_SIZE', { box, offset })
    if (size > this.#maxBoxLength) throw new Fmp4Error('FMP4_LIMIT', { box, offset })
    return size <= this.#pendingLength ? size : undefined
  }

  /** @returns Up to 16 bytes. */
  #header(): Uint8Array {
    const [first = new Uint8Array()] = this.#chunks
    if (first.length >= 16 || this.#chunks.length < 2) return first.subarray(0, 16)
    // A header across two pieces is rare: nothing but small pieces could make this often.
    this.#chunks = [joined(this.#chunks)]
    return this.#header()
  }

  /** @returns So many bytes, which are there; joined at most once. */
  #take(size: number): Uint8Array {
    const [first = new Uint8Array()] = this.#chunks
    const all = first.length >= size ? first : joined(this.#chunks)
    const rest = all.subarray(size)
    const others = all === first ? this.#chunks.slice(1) : []
    this.#chunks = rest.length === 0 ? others : [rest, ...others]
    this.#pendingLength -= size
    return all.subarray(0, size)
  }

  #box(bytes: Uint8Array): MovieStreamEvent[] {
    const view = viewOf(bytes)
    const type = fourccAt(view, 4)
    if (type === 'moov') return [{ type: 'tracks', tracks: this.#readTracks(bytes) }]
    if (type === 'moof') this.#readFragment(bytes)
    else if (type === 'mdat') return this.#samples(bytes)
    return []
  }

  #readTracks(bytes: Uint8Array): StreamedTrack[] {
    // What is wrong inside a sample entry concerns that codec alone.
    const onProblem = (error: Fmp4Error) => {
      if (error.box?.includes('/stsd/') !== true) throw error
    }
    const [moov] = boxTree(bytes, { onProblem })
    if (moov === undefined) throw new Fmp4Error('FMP4_BOX_MISSING', { box: 'moov' })
    const movieTimescale = numberOf(requireChild(moov, 'mvhd'), 'timescale')
    const trexes = requireChild(moov, 'mvex').children.filter(({ type }) => type === 'trex')
    const traks = moov.children.filter(({ type }) => type === 'trak')
    this.#tracks.clear()
    return traks.map(trak => {
      const head = readTrackHead(trak, bytes, movieTimescale)
      const isOfTrack = (trex: Box) => numberOf(trex, 'trackId') === head.trackId
      const trex = trexes.find(isOfTrack)
      const defaults = trex ? trexDefaults(trex) : { duration: 0, size: 0, flags: 0 }
      this.#tracks.set(head.trackId, { defaults, time: 0 })
      return head
    })
  }

  #readFragment(bytes: Uint8Array): void {
    const offset = this.#offset
    if (this.#tracks.size === 0) throw new Fmp4Error('FMP4_BOX_MISSING', { box: 'moov', offset })
    const [moof] = boxTree(bytes)
    const defaults = (trackId: number) => this.#tracks.get(trackId)?.defaults
    this.#fragment = moof && {
      offset,
      tracks: readTrackFragments(moof, viewOf(bytes), defaults, offset),
    }
  }

  #samples(mdat: Uint8Array): MovieStreamEvent[] {
    const fragment = this.#fragment
    if (fragment === undefined) return []
    this.#fragment = undefined
    const shift = fragment.offset - this.#offset
    const events: MovieStreamEvent[] = []
    for (const { trackId, baseMediaDecodeTime, runs } of fragment.tracks) {
      const track = this.#tracks.get(trackId)
      if (track === undefined) continue
      track.time = baseMediaDecodeTime ?? track.time
      for (const run of runs) {
        let at = run.start + shift
        for (const { size, duration, compositionOffset, flags } of run.samples) {
          if (at < 8 || at + size > mdat.length) {
            const detail = 'a sample is not in the mdat behind its moof'
            throw new Fmp4Error('FMP4_TRUNCATED', { box: run.box.path, detail })
          }
          const data = mdat.subarray(at, at + size)
          const isSync = isSyncSample(flags)
          const { time: decodeTime } = track
          events.push({ type: 'sample', trackId, decodeTime, compositionOffset, isSync, data })
          at += size
          track.time += duration
        }
      }
    }
    return events
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}
