import { type AvcConfiguration, parseAvcConfiguration } from '../box/avcc.ts'
import type { Box } from '../box/tree.ts'
import { isFmp4Error } from '../errors.ts'
import { hasChromaFields, parseSps, type Sps } from '../h264/sps.ts'
import { childOf, numberOf } from '../movie/lookup.ts'
import type { Findings } from './finding.ts'
import type { InspectedTrack } from './state.ts'

/** Check 3: the configuration of a video track. */
export function inspectVideoEntry(
  entry: Box,
  { tkhd, bytes, findings }: { tkhd: Box; bytes: Uint8Array; findings: Findings },
): Pick<InspectedTrack, 'isAvc' | 'lengthSize' | 'isInOrder'> {
  const unknown = { isAvc: false, lengthSize: 4, isInOrder: false }
  if (entry.type !== 'avc1') {
    findings.add('video-codec', entry, `${entry.type} is not looked into`)
    return unknown
  }
  const avcC = childOf(entry, 'avcC')
  if (avcC === undefined) {
    findings.add('box-missing', entry, 'no avcC')
    return unknown
  }
  try {
    const content = bytes.subarray(avcC.contentOffset, avcC.offset + avcC.size)
    const avc = parseAvcConfiguration(content)
    const [nal] = avc.sps
    if (nal === undefined || avc.pps.length === 0) {
      const text = `${avc.sps.length} SPS and ${avc.pps.length} PPS`
      findings.add('parameter-sets', avcC, text)
      return { ...unknown, isAvc: true, lengthSize: avc.lengthSize }
    }
    const sps = parseSps(nal)
    inspectConfiguration(avcC, { avc, sps, findings })
    inspectSize(entry, { tkhd, sps, findings })
    const isInOrder = sps.vui.maxReorderFrames === 0 || sps.pictureOrderCountType === 2
    return { isAvc: true, lengthSize: avc.lengthSize, isInOrder }
  } catch (error) {
    if (!isFmp4Error(error)) throw error
    findings.add('avcc-unreadable', avcC, error.message)
    return unknown
  }
}

function inspectConfiguration(
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

function inspectSize(
  entry: Box,
  { tkhd, sps, findings }: { tkhd: Box; sps: Sps; findings: Findings },
): void {
  const [width, height] = [numberOf(entry, 'width'), numberOf(entry, 'height')]
  if (width !== sps.width || height !== sps.height)
    findings.add(
      'picture-size',
      entry,
      `${width}x${height}, but ${sps.width}x${sps.height} in the SPS`,
    )
  const pixel = sps.vui.sampleAspectRatio ?? { width: 1, height: 1 }
  const shown = [(sps.width * pixel.width) / pixel.height, sps.height] as const
  const header = [numberOf(tkhd, 'width') / 0x10000, numberOf(tkhd, 'height') / 0x10000] as const
  // Square pixels may be reached by more height as well as by more width.
  const isShown = Math.abs(header[0] * shown[1] - header[1] * shown[0]) <= shown[0] + shown[1]
  if (!isShown || header[0] < sps.width - 1 || header[1] < sps.height - 1)
    findings.add('picture-size', tkhd, `${header.join('x')}, but ${shown.join('x')} from the SPS`)
}
