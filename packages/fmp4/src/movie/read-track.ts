import { parseAvcConfiguration } from '../box/avcc.ts'
import { parseElementaryStreamDescriptor } from '../box/esds.ts'
import { parseHevcConfiguration } from '../box/hvcc.ts'
import type { Box } from '../box/tree.ts'
import { Fmp4Error, isFmp4Error } from '../errors.ts'
import { childOf, numberOf, requireChild } from './lookup.ts'
import type { MovieTrack } from './movie.ts'
import { tableLength } from './sample-table.ts'

/** A track without its samples. */
export type TrackHead = Omit<MovieTrack, 'samples'>

/**
 * Reads the description of a track.
 * @param moov - The bytes of the `moov`; box offsets count from their start.
 * @throws Fmp4Error FMP4_BOX_MISSING, FMP4_FIELD, FMP4_BOX_SIZE.
 */
export function readTrackHead(trak: Box, moov: Uint8Array, movieTimescale: number): TrackHead {
  const tkhd = requireChild(trak, 'tkhd')
  const mdia = requireChild(trak, 'mdia')
  const timescale = numberOf(requireChild(mdia, 'mdhd'), 'timescale')
  if (timescale === 0) throw new Fmp4Error('FMP4_FIELD', { box: mdia.path, detail: 'timescale 0' })
  const { handlerType } = requireChild(mdia, 'hdlr').fields
  const entry = childOf(mdia, 'minf')
  const stsd = entry && childOf(entry, 'stbl')
  const sampleEntry = stsd && childOf(stsd, 'stsd')?.children[0]
  return {
    trackId: numberOf(tkhd, 'trackId'),
    kind: handlerType === 'vide' ? 'video' : handlerType === 'soun' ? 'audio' : 'other',
    codec: sampleEntry?.type ?? '',
    timescale,
    width: numberOf(tkhd, 'width') / 0x10000,
    height: numberOf(tkhd, 'height') / 0x10000,
    presentationOffset: presentationOffset(trak, moov, timescale, movieTimescale),
    ...(sampleEntry && codecConfiguration(sampleEntry, moov)),
  }
}

/** A configuration that cannot be read leaves the track without one: nobody can decode it. */
function codecConfiguration(
  entry: Box,
  moov: Uint8Array,
): Pick<MovieTrack, 'avc' | 'hevc' | 'audioSpecificConfig'> {
  try {
    const avcC = entry.type === 'avc1' && childOf(entry, 'avcC')
    if (avcC) return { avc: parseAvcConfiguration(contentOf(avcC, moov)) }
    const isHevc = entry.type === 'hvc1' || entry.type === 'hev1'
    const hvcC = isHevc && childOf(entry, 'hvcC')
    if (hvcC) return { hevc: parseHevcConfiguration(contentOf(hvcC, moov)) }
    const esds = entry.type === 'mp4a' && childOf(entry, 'esds')
    if (!esds) return {}
    const descriptor = parseElementaryStreamDescriptor(contentOf(esds, moov).subarray(4))
    return descriptor.objectTypeIndication === 0x40
      ? { audioSpecificConfig: descriptor.audioSpecificConfig }
      : {}
  } catch (error) {
    if (!isFmp4Error(error)) throw error
    return {}
  }
}

/** @returns A copy of what follows the fields of a box. */
function contentOf(box: Box, moov: Uint8Array): Uint8Array {
  return moov.slice(box.contentOffset, box.offset + box.size)
}

/** @returns Whether the samples of a track are listed: somebody can decode them. */
export function isUsable(track: TrackHead): boolean {
  return (track.avc ?? track.hevc ?? track.audioSpecificConfig) !== undefined
}

/**
 * What the edit list adds to all times: the length of an empty edit at its start, less the media time
 * at which the next edit begins. Later edits are not applied.
 * @see ISO/IEC 14496-12 §8.6.6
 */
function presentationOffset(
  trak: Box,
  moov: Uint8Array,
  timescale: number,
  movieTimescale: number,
): number {
  const edts = childOf(trak, 'edts')
  const elst = edts && childOf(edts, 'elst')
  if (elst === undefined) return 0
  const isLong = elst.version === 1
  const entryLength = isLong ? 20 : 12
  const count = Math.min(tableLength(elst, entryLength), 2)
  const view = new DataView(moov.buffer, moov.byteOffset + elst.contentOffset, count * entryLength)
  let offset = 0
  for (let i = 0; i < count; i++) {
    const at = i * entryLength
    const duration = isLong ? Number(view.getBigUint64(at)) : view.getUint32(at)
    const mediaTime = isLong ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4)
    if (mediaTime >= 0) return offset - mediaTime
    if (movieTimescale > 0) offset += Math.round((duration / movieTimescale) * timescale)
  }
  return offset
}
