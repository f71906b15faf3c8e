import type { Findings } from './finding.ts'
import type { PlacedSample } from './place-samples.ts'
import type { InspectedTrack } from './state.ts'

/** A frame has at most 6144 bits for each channel and 1024 samples. @see ISO/IEC 14496-3 §4.5.3 */
const maxBytesPerChannel = 6144 / 8

/** Check 9: the AAC frames of a fragment. */
export function inspectAudioSamples(
  samples: readonly PlacedSample[],
  track: InspectedTrack,
  findings: Findings,
): void {
  const limit = (maxBytesPerChannel * track.channels * Math.max(track.frameLength, 480)) / 1024
  for (const sample of samples) {
    const { data } = sample
    const [first = 0, second = 0] = data
    if (first === 0xff && (second & 0xf6) === 0xf0)
      findings.add('adts-header', sample, 'begins like an ADTS header')
    if (data.length === 0 || data.length > limit)
      findings.add(
        'audio-size',
        sample,
        `${data.length} bytes, up to ${Math.floor(limit)} are possible`,
      )
  }
}
