import { audioObjectTypes, parseAudioSpecificConfig } from '../aac/audio-specific-config.ts'
import { parseElementaryStreamDescriptor } from '../box/esds.ts'
import type { Box } from '../box/tree.ts'
import { isFmp4Error } from '../errors.ts'
import { childOf, numberOf } from '../movie/lookup.ts'
import type { Findings } from './finding.ts'
import type { InspectedTrack } from './state.ts'

/** What an audio track is checked against. */
export interface AudioExpectation {
  readonly bytes: Uint8Array
  readonly findings: Findings
  /** Timescale of the media header. */
  readonly timescale: number
  /** The negotiated audio object type; LC and ELD are both right when undefined. */
  readonly objectType: number | undefined
}

/** Check 4: the configuration of an audio track. */
export function inspectAudioEntry(
  entry: Box,
  { bytes, findings, timescale, objectType }: AudioExpectation,
): Pick<InspectedTrack, 'frameLength' | 'channels'> {
  const channelCount = numberOf(entry, 'channelCount')
  const unknown = { frameLength: 1024, channels: Math.max(1, channelCount) }
  const esds = childOf(entry, 'esds')
  if (entry.type !== 'mp4a' || esds === undefined) {
    findings.add('audio-codec', entry, `${entry.type} is not AAC in mp4a with esds`)
    return unknown
  }
  try {
    const content = bytes.subarray(esds.contentOffset + 4, esds.offset + esds.size)
    const descriptor = parseElementaryStreamDescriptor(content)
    const { objectTypeIndication, audioSpecificConfig } = descriptor
    if (objectTypeIndication !== 0x40 || descriptor.streamType !== 5)
      findings.add('audio-object-type', esds, `object type ${objectTypeIndication}, not 64 (audio)`)
    const config = parseAudioSpecificConfig(audioSpecificConfig)
    const rates = [config.sampleRate, timescale, numberOf(entry, 'sampleRate')]
    if (rates.some(rate => rate !== config.sampleRate))
      findings.add('audio-rate', entry, `config, timescale and entry say ${rates.join(', ')}`)
    if (config.channels !== channelCount)
      findings.add('audio-channels', entry, `${channelCount}, but ${config.channels} in the config`)
    const allowed = objectType === undefined ? Object.values(audioObjectTypes) : [objectType]
    if (!allowed.some(type => type === config.objectType))
      findings.add('audio-object-type', esds, `${config.objectType}, not ${allowed.join(' or ')}`)
    return { frameLength: config.frameLength, channels: config.channels }
  } catch (error) {
    if (!isFmp4Error(error)) throw error
    findings.add('esds-unreadable', esds, error.message)
    return unknown
  }
}
