import { tfhdFlags } from '../box/fragment-boxes.ts'
import type { Box } from '../box/tree.ts'
import { viewOf } from '../bytes.ts'
import { isFmp4Error } from '../errors.ts'
import { childOf, numberOf } from '../movie/lookup.ts'
import { type ReadTrackFragment, readTrackFragments } from '../movie/read-fragment.ts'
import { type Finding, Findings } from './finding.ts'
import { inspectAudioSamples } from './inspect-audio-samples.ts'
import { inspectBoxes } from './inspect-boxes.ts'
import { inspectPrft } from './inspect-prft.ts'
import { inspectTiming, type TimedTrack, type TimingOptions } from './inspect-timing.ts'
import { inspectVideoSamples } from './inspect-video-samples.ts'
import { inspectRanges, placeSamples } from './place-samples.ts'
import type { InspectedTrack, InspectorState } from './state.ts'
import { type FragmentSummary, summaryLine, summaryOf } from './summary.ts'

/** What an inspector says about a fragment. */
export interface FragmentInspection {
  readonly boxes: readonly Box[]
  /** Empty when all is well. */
  readonly findings: readonly Finding[]
  readonly summary: FragmentSummary
  /** The summary and the numbers of the violated checks in one line for people. */
  readonly line: string
  /** For the next fragment. */
  readonly state: InspectorState
}

/**
 * Checks a fragment: boxes, head, data ranges, key frames, video and audio data, timing (checks 1 and
 * 5 to 10). Any bytes are accepted; what is wrong is in the findings.
 * @param state - From `inspectInit`, or from the inspection of the fragment before.
 */
export function inspectFragment(
  bytes: Uint8Array,
  state: InspectorState,
  options: TimingOptions = {},
): FragmentInspection {
  const findings = new Findings()
  const boxes = inspectBoxes(bytes, findings)
  const [first] = boxes
  const prft = first?.type === 'prft' ? first : undefined
  const types = boxes
    .slice(prft ? 1 : 0)
    .map(box => box.type)
    .join(' ')
  if (types !== 'moof mdat')
    findings.add(
      'fragment-boxes',
      first ?? { path: '', offset: 0 },
      `"${types}" instead of "moof mdat"`,
    )
  const moof = boxes.find(box => box.type === 'moof')
  const sequenceNumber = moof && inspectMoof(moof, state, findings)
  const fragments = moof ? readRuns(moof, { bytes, state, findings }) : []
  const mdat = boxes.find(box => box.type === 'mdat')
  if (mdat !== undefined) inspectRanges(fragments, mdat, findings)
  const tracks = fragments.map((fragment): TimedTrack => {
    const track = trackOf(state, fragment.trackId)
    const samples = placeSamples(fragment, bytes)
    const isVideo = track.kind === 'video'
    if (track.kind === 'audio') inspectAudioSamples(samples, track, findings)
    const nalTypes = isVideo ? inspectVideoSamples(samples, track, findings) : []
    return { track, samples, nalTypes, decodeTime: fragment.baseMediaDecodeTime ?? 0 }
  })
  const place = moof ?? { path: '', offset: 0 }
  inspectPrft(prft, { state, tracks, place, findings })
  const endTimes = inspectTiming(tracks, state, { place, findings, options })
  const summary = summaryOf(tracks, sequenceNumber)
  return {
    ...{ boxes, findings: findings.list, summary, line: summaryLine(summary, findings.list) },
    state: {
      tracks: state.tracks,
      sequenceNumber: sequenceNumber ?? state.sequenceNumber ?? 0,
      endTimes,
    },
  }
}

/** Check 5, apart from the decode times. @returns The sequence number. */
function inspectMoof(moof: Box, state: InspectorState, findings: Findings): number {
  const mfhd = childOf(moof, 'mfhd')
  const sequenceNumber = mfhd === undefined ? 0 : numberOf(mfhd, 'sequenceNumber')
  const wanted = state.sequenceNumber === undefined ? undefined : state.sequenceNumber + 1
  if (mfhd === undefined) findings.add('box-missing', moof, 'no mfhd')
  else if (wanted !== undefined && sequenceNumber !== wanted)
    findings.add('sequence-number', mfhd, `${sequenceNumber} instead of ${wanted}`)
  const trafs = moof.children.filter(child => child.type === 'traf')
  if (trafs.length === 0) findings.add('box-missing', moof, 'no traf')
  const known = new Set(state.tracks.map(track => track.trackId))
  for (const traf of trafs) inspectTraf(traf, known, findings)
  return sequenceNumber
}

/** @param known - Ids of tracks that have not had their traf yet; the id is removed. */
function inspectTraf(traf: Box, known: Set<number>, findings: Findings): void {
  const tfhd = childOf(traf, 'tfhd')
  const tfdt = childOf(traf, 'tfdt')
  if (tfhd === undefined || tfdt === undefined || childOf(traf, 'trun') === undefined)
    findings.add('box-missing', traf, 'tfhd, tfdt and trun have to be there')
  if (tfdt !== undefined && tfdt.version !== 1)
    findings.add('tfdt-version', tfdt, `version ${tfdt.version}: 32 bits last 13 hours at 90 kHz`)
  if (tfhd === undefined) return
  if (((tfhd.flags ?? 0) & tfhdFlags.defaultBaseIsMoof) === 0)
    findings.add('data-base', tfhd, 'default-base-is-moof is not set')
  const id = numberOf(tfhd, 'trackId')
  if (!known.delete(id))
    findings.add('unknown-track', tfhd, `track ${id} is unknown or there twice`)
}

function readRuns(
  moof: Box,
  context: { bytes: Uint8Array; state: InspectorState; findings: Findings },
): ReadTrackFragment[] {
  const { bytes, state, findings } = context
  const defaults = (id: number) => state.tracks.find(track => track.trackId === id)?.defaults
  try {
    return readTrackFragments(moof, viewOf(bytes), defaults, 0)
  } catch (error) {
    if (!isFmp4Error(error)) throw error
    findings.add('run-size', { path: error.box ?? '', offset: error.offset ?? 0 }, error.message)
    return []
  }
}

function trackOf(state: InspectorState, trackId: number): InspectedTrack {
  const track = state.tracks.find(one => one.trackId === trackId)
  if (track === undefined) throw new RangeError(`no track ${trackId}`)
  return track
}
