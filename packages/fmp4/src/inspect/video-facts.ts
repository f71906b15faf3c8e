import type { Vui } from '../bitstream/vui.ts'
import type { Box } from '../box/tree.ts'
import { numberOf } from '../movie/lookup.ts'
import type { Findings } from './finding.ts'
import type { InspectedTrack } from './state.ts'

/** What a sample entry says of a video track. */
export type VideoFacts = Pick<InspectedTrack, 'codec' | 'lengthSize' | 'isInOrder'>

/** What a sample entry is checked against. */
export interface EntryContext {
  readonly tkhd: Box
  readonly bytes: Uint8Array
  readonly findings: Findings
}

/** The same, with the entry around the configuration. */
export interface ConfigurationContext extends EntryContext {
  readonly entry: Box
}

/** Check 3: the sizes in SPS, sample entry and track header. */
export function inspectSize(
  sps: { readonly width: number; readonly height: number; readonly vui: Vui },
  { entry, tkhd, findings }: ConfigurationContext,
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
