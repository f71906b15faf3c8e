import { sampleFlags } from '../box/fragment-boxes.ts'
import { type NalSyntax, nalSyntaxes } from '../nal-syntax.ts'
import type { Findings } from './finding.ts'
import type { PlacedSample } from './place-samples.ts'
import type { InspectedTrack } from './state.ts'

const syncMask = 0x03010000
/** Pictures that may come before what is shown behind a key picture: fewer than are kept for reference. */
const maxLeading = 16

/**
 * Checks 7 and 8: the pictures of a fragment.
 * @returns Types of the NAL units of the first picture.
 */
export function inspectVideoSamples(
  samples: readonly PlacedSample[],
  { codec, lengthSize }: InspectedTrack,
  findings: Findings,
): number[] {
  if (codec === undefined) return []
  const syntax = nalSyntaxes[codec]
  const pictures = samples.map(sample => ({
    sample,
    types: inspectPicture(sample, { lengthSize, syntax, findings }),
  }))
  const all = pictures.map(({ types }) => types)
  pictures.forEach(({ sample, types }, i) => {
    const kind = types.some(syntax.isKey) ? keyKind(all, i, syntax) : 'other'
    if (i === 0) inspectFirst(sample, { kind, types, keyName: syntax.keyName }, findings)
    else if (kind !== 'open' && !isMarkedWell(sample, kind)) {
      const name = kind === 'closed' ? syntax.keyName : 'other'
      findings.add('sample-flags', sample, `${name} picture with flags ${hexFlags(sample)}`)
    }
  })
  return all[0] ?? []
}

/**
 * A picture that decoding begins with, and nothing is lost; one behind which something is lost then;
 * any other one. Whether an open one is a sync sample is not agreed on.
 */
type PictureKind = 'closed' | 'open' | 'other'

function keyKind(all: readonly number[][], index: number, syntax: NalSyntax): PictureKind {
  for (const types of all.slice(index + 1, index + 1 + maxLeading)) {
    if (!types.some(syntax.isLeading)) break
    if (types.some(syntax.isLost)) return 'open'
  }
  return 'closed'
}

function inspectFirst(
  sample: PlacedSample,
  about: { kind: PictureKind; types: readonly number[]; keyName: string },
  findings: Findings,
): void {
  const { kind, types, keyName } = about
  if (kind === 'other')
    findings.add('first-sample', sample, `no ${keyName} picture (NAL ${types.join(' ')})`)
  else if (kind === 'open')
    findings.add('first-sample', sample, 'leading pictures need what was before the fragment')
  else if (!isMarkedWell(sample, kind))
    findings.add('first-sample', sample, `${keyName} picture with flags ${hexFlags(sample)}`)
}

function isMarkedWell(sample: PlacedSample, kind: PictureKind): boolean {
  const wanted = kind === 'closed' ? sampleFlags.sync : sampleFlags.dependent
  return (sample.flags & syncMask) === wanted
}

function hexFlags(sample: PlacedSample): string {
  return sample.flags.toString(16).padStart(8, '0')
}

interface PictureContext {
  readonly lengthSize: number
  readonly syntax: NalSyntax
  readonly findings: Findings
}

/** @returns Types of the NAL units. */
function inspectPicture(sample: PlacedSample, context: PictureContext): number[] {
  const { lengthSize, syntax, findings } = context
  const { data } = sample
  const types: number[] = []
  let at = 0
  while (at < data.length) {
    let length = 0
    for (let i = 0; i < lengthSize; i++) length = length * 256 + (data[at + i] ?? 0)
    const start = at + lengthSize
    at = start + length
    if (length === 0 || at > data.length) {
      const left = data.length - start
      findings.add('nal-length', sample, `a NAL unit of ${length} bytes where ${left} are left`)
      break
    }
    const nal = data.subarray(start, at)
    types.push(syntax.typeOf(nal))
    inspectNalUnit(nal, { path: sample.path, offset: sample.offset + start }, context)
  }
  if (data.length === 0) findings.add('nal-length', sample, 'an empty sample')
  return types
}

function inspectNalUnit(
  nal: Uint8Array,
  place: { path: string; offset: number },
  { syntax, findings }: PictureContext,
): void {
  if (!syntax.isContent(nal))
    findings.add('nal-type', place, `NAL unit of type ${syntax.typeOf(nal)}`)
  if (((nal[0] ?? 0) & 0x80) !== 0) findings.add('nal-forbidden-bit', place, 'forbidden bit is set')
  if (nal.at(-1) === 0) findings.add('nal-trailing-zero', place, 'ends in 00')
  const startCode = findStartCode(nal)
  if (startCode >= 0) findings.add('nal-start-code', place, `00 00 01 at ${startCode}`)
}

/** Looks at every third byte only, until one is 0 or 1. */
function findStartCode(nal: Uint8Array): number {
  for (let i = 2; i < nal.length; ) {
    const byte = nal[i] ?? 0
    if (byte === 1 && nal[i - 1] === 0 && nal[i - 2] === 0) return i - 2
    i += byte === 0 ? 1 : 3
  }
  return -1
}
