import { type HevcConfiguration, parseHevcConfiguration } from '../box/hvcc.ts'
import type { Box } from '../box/tree.ts'
import { type HevcSps, parseHevcSps } from '../h265/sps.ts'
import type { Findings } from './finding.ts'
import { type ConfigurationContext, inspectSize, type VideoFacts } from './video-facts.ts'

const profileKeys = [
  ...(['generalProfileSpace', 'generalTierFlag', 'generalProfileIdc'] as const),
  ...(['generalProfileCompatibilityFlags', 'generalConstraintIndicatorFlags'] as const),
  'generalLevelIdc',
] as const
const formatKeys = ['chromaFormat', 'bitDepthLuma', 'bitDepthChroma'] as const

/**
 * Check 3: the content of an `hvcC`.
 * @throws Fmp4Error when it, or its SPS, cannot be read.
 */
export function inspectHevcConfiguration(
  content: Uint8Array,
  hvcC: Box,
  context: ConfigurationContext,
): VideoFacts {
  const { findings, entry } = context
  const hevc = parseHevcConfiguration(content)
  const { vps, sps: all, pps, lengthSize } = hevc
  const [nal] = all
  if (entry.type === 'hvc1' && !hevc.isComplete)
    findings.add('hvcc-completeness', hvcC, 'array_completeness is not set')
  if (nal === undefined || vps.length === 0 || pps.length === 0) {
    const text = `${vps.length} VPS, ${all.length} SPS and ${pps.length} PPS`
    findings.add('parameter-sets', hvcC, text)
    return { codec: 'h265', lengthSize, isInOrder: false }
  }
  const sps = parseHevcSps(nal)
  compare(hvcC, { hevc, sps, findings })
  inspectSize(sps, context)
  return { codec: 'h265', lengthSize, isInOrder: sps.maxReorderPictures === 0 }
}

function compare(
  hvcC: Box,
  { hevc, sps, findings }: { hevc: HevcConfiguration; sps: HevcSps; findings: Findings },
): void {
  for (const key of profileKeys)
    if (hevc[key] !== sps[key])
      findings.add('profile-level', hvcC, `${key} ${hevc[key]}, but ${sps[key]} in the SPS`)
  for (const key of formatKeys)
    if (hevc[key] !== sps[key])
      findings.add('hvcc-format', hvcC, `${key} ${hevc[key]}, but ${sps[key]} in the SPS`)
  if (!hevc.hasReservedBits)
    findings.add('hvcc-reserved-bits', hvcC, 'reserved bits are not as they have to be')
}
