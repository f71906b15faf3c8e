import type { Box } from '../box/tree.ts'
import { numberOf } from '../movie/lookup.ts'
import type { Findings, Place } from './finding.ts'
import { durationOf, type TimedTrack } from './inspect-timing.ts'
import type { InspectorState } from './state.ts'

/** What the `prft` of a fragment is checked against. */
export interface PrftContext {
  readonly state: InspectorState
  readonly tracks: readonly TimedTrack[]
  /** The `moof`. */
  readonly place: Place
  readonly findings: Findings
}

/**
 * Check 5: the producer reference time in front of a `moof`. Hubs that take H.265 want it, of version 1
 * and without flags; H.264 is sent without.
 */
export function inspectPrft(prft: Box | undefined, context: PrftContext): void {
  const { state, tracks, place, findings } = context
  const video = state.tracks.find(track => track.kind === 'video')
  if (prft === undefined) {
    if (video?.codec === 'h265') findings.add('prft-missing', place, 'no prft before H.265')
    return
  }
  if (video?.codec === 'h264') findings.add('prft-unexpected', prft, 'a prft before H.264')
  if (prft.version !== 1 || prft.flags !== 0) {
    const text = `version ${prft.version} and flags ${prft.flags} instead of 1 and 0`
    findings.add('prft-version', prft, text)
  }
  const id = numberOf(prft, 'referenceTrackId')
  const timed = tracks.find(({ track }) => track.kind === 'video')
  const since = timed && numberOf(prft, 'mediaTime') - timed.decodeTime
  if (id !== video?.trackId)
    findings.add('prft-reference', prft, `track ${id} instead of ${video?.trackId}`)
  else if (timed !== undefined && since !== undefined && !(since >= 0 && since < durationOf(timed)))
    findings.add('prft-reference', prft, `media time ${since} from the start of the fragment`)
}
