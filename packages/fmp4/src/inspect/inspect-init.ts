import type { Box } from '../box/tree.ts'
import { childOf, numberOf } from '../movie/lookup.ts'
import { trexDefaults } from '../movie/read-fragment.ts'
import { type Finding, Findings } from './finding.ts'
import { inspectAudioEntry } from './inspect-audio-entry.ts'
import { inspectBoxes } from './inspect-boxes.ts'
import { inspectVideoEntry } from './inspect-video-entry.ts'
import type { InspectedTrack, InspectorState } from './state.ts'

/** What was negotiated, as far as an init segment shows it. */
export interface InspectInitOptions {
  /** Audio object type: 2 LC, 39 ELD; either is right unless told. */
  readonly audioObjectType?: number
}

/** What an inspector says about an init segment. */
export interface InitInspection {
  readonly boxes: readonly Box[]
  /** Empty when all is well. */
  readonly findings: readonly Finding[]
  /** For `inspectFragment`. */
  readonly state: InspectorState
}

const wholeInput = { path: '', offset: 0 }

/**
 * Checks an init segment: boxes, tracks, video and audio configuration (checks 1 to 4). Any bytes are
 * accepted; what is wrong is in the findings.
 */
export function inspectInit(bytes: Uint8Array, options: InspectInitOptions = {}): InitInspection {
  const findings = new Findings()
  const boxes = inspectBoxes(bytes, findings)
  const types = boxes.map(box => box.type).join(' ')
  if (types !== 'ftyp moov')
    findings.add('top-level-boxes', boxes[0] ?? wholeInput, `"${types}" instead of "ftyp moov"`)
  const moov = boxes.find(box => box.type === 'moov')
  const tracks = moov === undefined ? [] : inspectMoov(moov, { bytes, findings, options })
  return { boxes, findings: findings.list, state: { tracks, endTimes: new Map() } }
}

interface Context {
  readonly bytes: Uint8Array
  readonly findings: Findings
  readonly options: InspectInitOptions
}

function inspectMoov(moov: Box, context: Context): InspectedTrack[] {
  const { findings } = context
  const tracks = moov.children
    .filter(child => child.type === 'trak')
    .map(trak => inspectTrak(trak, moov, context))
  const ids = tracks.map(track => track.trackId)
  if (ids.length === 0) findings.add('box-missing', moov, 'no trak')
  if (new Set(ids).size < ids.length || ids.includes(0))
    findings.add('track-ids', moov, `track ids ${ids.join(', ')}`)
  const mvhd = childOf(moov, 'mvhd')
  const next = mvhd && numberOf(mvhd, 'nextTrackId')
  if (mvhd === undefined) findings.add('box-missing', moov, 'no mvhd')
  else if (ids.some(id => id >= (next ?? 0)))
    findings.add('next-track-id', mvhd, `${next} is not above ${Math.max(...ids)}`)
  const mvex = childOf(moov, 'mvex')
  if (mvex === undefined) findings.add('mvex-missing', moov, 'no mvex: no fragments can follow')
  else {
    const announced = mvex.children
      .filter(box => box.type === 'trex')
      .map(box => numberOf(box, 'trackId'))
    if (announced.toSorted().join() !== ids.toSorted().join())
      findings.add('trex-tracks', mvex, `trex of ${announced.join(', ')}; tracks ${ids.join(', ')}`)
  }
  return tracks
}

function inspectTrak(trak: Box, moov: Box, { bytes, findings, options }: Context): InspectedTrack {
  const find = (from: Box | undefined, ...types: string[]) => {
    const found = from && childOf(from, ...types)
    if (from !== undefined && found === undefined)
      findings.add('box-missing', from, `no ${types.join(' or ')}`)
    return found
  }
  const tkhd = find(trak, 'tkhd')
  const mdia = find(trak, 'mdia')
  const mdhd = find(mdia, 'mdhd')
  const hdlr = find(mdia, 'hdlr')
  const minf = find(mdia, 'minf')
  find(minf, 'vmhd', 'smhd')
  find(find(minf, 'dinf'), 'dref')
  const stbl = find(minf, 'stbl')
  for (const type of ['stts', 'stsc', 'stsz', 'stco']) find(stbl, type)
  const entry = find(stbl, 'stsd')?.children[0]
  const trackId = tkhd === undefined ? 0 : numberOf(tkhd, 'trackId')
  const timescale = mdhd === undefined ? 0 : numberOf(mdhd, 'timescale')
  if (mdhd !== undefined && timescale === 0) findings.add('box-size', mdhd, 'timescale 0')
  const { handlerType } = hdlr?.fields ?? {}
  const kind = handlerType === 'vide' ? 'video' : handlerType === 'soun' ? 'audio' : 'other'
  const trex = childOf(moov, 'mvex')?.children.find(box => numberOf(box, 'trackId') === trackId)
  const track: InspectedTrack = {
    ...{ trackId, kind, timescale: timescale || 1 },
    ...{ codec: undefined, lengthSize: 4, isInOrder: false, frameLength: 1024, channels: 1 },
    defaults: trex ? trexDefaults(trex) : { duration: 0, size: 0, flags: 0 },
  }
  if (entry === undefined || tkhd === undefined) return track
  if (kind === 'video') return { ...track, ...inspectVideoEntry(entry, { tkhd, bytes, findings }) }
  const { audioObjectType: objectType } = options
  const expected = { bytes, findings, timescale, objectType }
  return kind === 'audio' ? { ...track, ...inspectAudioEntry(entry, expected) } : track
}
