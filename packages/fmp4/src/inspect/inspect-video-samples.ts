import { sampleFlags } from '../box/fragment-boxes.ts'
import { nalType, nalTypes } from '../h264/nal.ts'
import type { Findings } from './finding.ts'
import type { PlacedSample } from './place-samples.ts'
import type { InspectedTrack } from './state.ts'

const syncMask = 0x03010000

/**
 * Checks 7 and 8: the pictures of a fragment.
 * @returns Types of the NAL units of the first picture.
 */
export function inspectVideoSamples(
  samples: readonly PlacedSample[],
  track: InspectedTrack,
  findings: Findings,
): number[] {
  const [first] = samples
  if (first === undefined || !track.isAvc) return []
  let firstTypes: number[] = []
  for (const sample of samples) {
    const types = inspectPicture(sample, track.lengthSize, findings)
    const isIdr = types.includes(nalTypes.idrSlice)
    const wanted = isIdr ? sampleFlags.sync : sampleFlags.dependent
    const isMarkedWell = (sample.flags & syncMask) === wanted
    const flags = sample.flags.toString(16).padStart(8, '0')
    if (sample === first) {
      firstTypes = types
      if (!isIdr) findings.add('first-sample', sample, `no IDR picture (NAL ${types.join(' ')})`)
      else if (!isMarkedWell)
        findings.add('first-sample', sample, `IDR picture with flags ${flags}`)
    } else if (!isMarkedWell)
      findings.add('sample-flags', sample, `${isIdr ? 'IDR' : 'other'} picture with flags ${flags}`)
  }
  return firstTypes
}

/** @returns Types of the NAL units. */
function inspectPicture(sample: PlacedSample, lengthSize: number, findings: Findings): number[] {
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
    types.push(nalType(nal))
    inspectNalUnit(nal, { path: sample.path, offset: sample.offset + start }, findings)
  }
  if (data.length === 0) findings.add('nal-length', sample, 'an empty sample')
  return types
}

function inspectNalUnit(
  nal: Uint8Array,
  place: { path: string; offset: number },
  findings: Findings,
): void {
  const type = nalType(nal)
  if (type < nalTypes.slice || type > nalTypes.sei)
    findings.add('nal-type', place, `NAL unit of type ${type}`)
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
