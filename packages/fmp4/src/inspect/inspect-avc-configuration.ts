import { type AvcConfiguration, parseAvcConfiguration } from '../box/avcc.ts'
import type { Box } from '../box/tree.ts'
import { hasChromaFields, parseSps, type Sps } from '../h264/sps.ts'
import type { Findings } from './finding.ts'
import { type ConfigurationContext, inspectSize, type VideoFacts } from './video-facts.ts'

/**
 * Check 3: the content of an `avcC`.
 * @throws Fmp4Error when it, or its SPS, cannot be read.
 */
export function inspectAvcConfiguration(
  content: Uint8Array,
  avcC: Box,
  context: ConfigurationContext,
): VideoFacts {
  const { findings } = context
  const avc = parseAvcConfiguration(content)
  const { lengthSize } = avc
  const [nal] = avc.sps
  if (nal === undefined || avc.pps.length === 0) {
    const text = `${avc.sps.length} SPS and ${avc.pps.length} PPS`
    findings.add('parameter-sets', avcC, text)
    return { codec: 'h264', lengthSize, isInOrder: false }
  }
  const sps = parseSps(nal)
  compare(avcC, { avc, sps, findings })
  inspectSize(sps, context)
  const isInOrder = sps.vui.maxReorderFrames === 0 || sps.pictureOrderCountType === 2
  return { codec: 'h264', lengthSize, isInOrder }
}

function compare(
  avcC: Box,
  { avc, sps, findings }: { avc: AvcConfiguration; sps: Sps; findings: Findings },
): void {
  const keys = ['profile', 'compatibility', 'level'] as const
  for (const key of keys)
    if (avc[key] !== sps[key])
      findings.add('profile-level', avcC, `${key} ${avc[key]}, but ${sps[key]} in the SPS`)
  if (!avc.hasReservedBits) findings.add('avcc-reserved-bits', avcC, 'reserved bits are not set')
  const { extension } = avc
  if ((extension !== undefined) !== hasChromaFields(sps.profile))
    findings.add('avcc-extension', avcC, 'the fields of the High profiles are missing')
  else if (extension !== undefined && extension.chromaFormat !== sps.chromaFormat)
    findings.add('avcc-extension', avcC, 'another chroma format than in the SPS')
}
