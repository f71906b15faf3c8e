import {
  boxTree,
  Fragmenter,
  FragmentInspector,
  hevcNalTypes,
  type InspectionRule,
  inspectInit,
} from '@hksv/fmp4'
import { describe, expect, test } from 'vitest'

import { collect } from './support/collect.ts'
import { hevcPicture, hevcStream, hevcVideo, renderHevc } from './support/hevc-stream.ts'
import { findBox, patch8, patch32, removeBox } from './support/patch.ts'
import { regularStream, render } from './support/stream.ts'

const { idrWRadl, idrNLp, cra, radlR, raslN, raslR, trailR } = hevcNalTypes

/** A key picture and what follows, 4 s in all. */
const group = (key: number, ...leading: readonly number[]) => [
  key,
  ...leading,
  ...Array<number>(119 - leading.length).fill(trailR),
]
const videoAlone = () => new Fragmenter({ video: { timescale: 90_000 } })
const record = (types: readonly number[]) =>
  renderHevc(collect(hevcStream(12, types), videoAlone()).slice(0, 3))
const recording = record(group(idrWRadl))
const { init } = recording
const [first, second, third] = recording.fragments as [Uint8Array, Uint8Array, Uint8Array]

function violated(parts: {
  init?: Uint8Array
  fragments?: readonly Uint8Array[]
}): InspectionRule[] {
  const inspector = new FragmentInspector(parts.init ?? init)
  const fragments = parts.fragments ?? recording.fragments
  const findings = fragments.flatMap(fragment => inspector.inspect(fragment).findings)
  const rules = [...inspector.init.findings, ...findings].map(({ rule }) => rule)
  return [...new Set(rules)].sort()
}

const inFirst = (fragment: Uint8Array) => violated({ fragments: [fragment, second, third] })
const at = (bytes: Uint8Array, type: string, field: number) => findBox(bytes, type).offset + field

test('a recording of H.265 as we write it is well', () => {
  expect(violated({})).toEqual([])
  const { line, summary } = new FragmentInspector(init).inspect(first)
  expect(line).toBe('#1 video 0+360000 120/1200 [19] ok')
  expect(summary.video?.nalTypes).toEqual([idrWRadl])
})

describe('where a fragment may begin', () => {
  test.each<[string, number[], InspectionRule[]]>([
    ['IDR without leading pictures', group(idrNLp), []],
    ['IDR with decodable leading pictures', group(idrWRadl, radlR, radlR), []],
    ['CRA without leading pictures', group(cra), []],
    ['CRA with decodable leading pictures', group(cra, radlR), []],
    ['CRA with skipped leading pictures', group(cra, raslN, raslR), ['first-sample']],
    ['CRA with both', group(cra, radlR, raslN), ['first-sample']],
    ['no IRAP picture', group(trailR), ['first-sample']],
  ])('%s', (_, types, rules) => {
    expect(violated({ fragments: record(types).fragments })).toEqual(rules)
  })

  test.each([true, false])('an open group inside of a fragment may be marked %s', isSync => {
    const samples = hevcStream(12, group(idrNLp)).map((sample, i) => {
      if (i % 120 === 60) return hevcPicture(sample.decodeTime, cra, isSync)
      return i % 120 === 61 ? hevcPicture(sample.decodeTime, raslN, false) : sample
    })
    expect(violated({ fragments: renderHevc(collect(samples, videoAlone())).fragments })).toEqual(
      [],
    )
  })
})

describe('prft', () => {
  const prft = findBox(first, 'prft')
  const plain = first.slice(prft.size)
  const behind = (bytes: Uint8Array) => new Uint8Array(Buffer.concat([bytes, plain]))

  test.each<[string, Uint8Array, InspectionRule[]]>([
    ['missing', plain, ['prft-missing']],
    ['of version 0', behind(version0(first.slice(0, prft.size))), ['prft-version']],
    ['for the time of capture', patch8(first, prft.offset + 11, () => 24), ['prft-version']],
    ['for another track', patch32(first, prft.offset + 12, () => 2), ['prft-reference']],
    ['for a time before', patch32(first, prft.offset + 24, () => 0x1fffff), ['prft-reference']],
    ['for a time behind', patch32(first, prft.offset + 28, () => 360_000), ['prft-reference']],
    ['for the last picture', patch32(first, prft.offset + 28, () => 357_000), []],
    [
      'twice',
      behind(Buffer.concat([first.subarray(0, 32), first.subarray(0, 32)])),
      ['fragment-boxes'],
    ],
  ])('%s', (_, fragment, rules) => {
    expect(inFirst(fragment)).toEqual(rules)
  })

  test('behind its moof', () => {
    const mdat = findBox(plain, 'mdat').offset
    const parts = [plain.subarray(0, mdat), first.subarray(0, prft.size), plain.subarray(mdat)]
    const found = inFirst(new Uint8Array(Buffer.concat(parts)))
    expect(found).toEqual(expect.arrayContaining(['fragment-boxes', 'prft-missing']))
  })

  test('in front of H.264', () => {
    const avc = render(collect(regularStream(12)).slice(0, 3))
    const fragments = avc.fragments.map(
      fragment => new Uint8Array(Buffer.concat([first.subarray(0, prft.size), fragment])),
    )
    expect(violated({ init: avc.init, fragments: fragments.slice(0, 1) })).toEqual([
      'prft-unexpected',
    ])
  })

  test('is listed with its fields', () => {
    expect(boxTree(first)[0]).toMatchObject({
      ...{ type: 'prft', version: 1, flags: 0 },
      fields: {
        referenceTrackId: 1,
        ntpSeconds: 1e9 + 2_208_988_800,
        ntpFraction: 0,
        mediaTime: 0,
      },
    })
  })
})

/** The same with 32 bits of media time. */
function version0(prft: Uint8Array): Uint8Array {
  const bytes = prft.slice(0, 28)
  bytes[3] = 28
  bytes[8] = 0
  return bytes
}

describe('the configuration', () => {
  const hvcC = at(init, 'hvcC', 8)
  const entry = at(init, 'hvc1', 0)
  test.each<[string, Uint8Array, InspectionRule[]]>([
    ['hev1', patch32(init, entry + 4, () => 0x68657631), ['sample-entry']],
    ['no hvcC', removeBox(init, findBox(init, 'hvcC')), ['box-missing']],
    ['hvcC of version 2', patch8(init, hvcC, () => 2), ['hvcc-unreadable']],
    ['width of the sample entry', patch8(init, entry + 33, () => 66), ['picture-size']],
    ['width of the track', patch8(init, at(init, 'tkhd', 85), () => 80), ['picture-size']],
    ['tier', patch8(init, hvcC + 1, byte => byte | 0x20), ['profile-level']],
    ['compatibility', patch8(init, hvcC + 2, () => 0), ['profile-level']],
    ['constraints', patch8(init, hvcC + 6, () => 0), ['profile-level']],
    ['level', patch8(init, hvcC + 12, () => 93), ['profile-level']],
    ['reserved bits', patch8(init, hvcC + 13, () => 0), ['hvcc-reserved-bits']],
    ['chroma format', patch8(init, hvcC + 16, () => 0xfe), ['hvcc-format']],
    ['bit depth', patch8(init, hvcC + 17, () => 0xfa), ['hvcc-format']],
    ['arrays not complete', patch8(init, hvcC + 23, byte => byte & 0x7f), ['hvcc-completeness']],
    ['SPS called SEI', patch8(init, init.indexOf(0xa1, hvcC + 23), () => 0xa7), ['parameter-sets']],
  ])('%s', (_, bytes, rules) => {
    expect(inspectInit(bytes).findings.map(({ rule }) => rule)).toEqual(rules)
  })

  test('is listed with its fields', () => {
    expect(findBox(init, 'hvcC').fields).toMatchObject({
      ...{ generalProfileIdc: 1, generalLevelIdc: 30, lengthSize: 4, arrayCompleteness: 1 },
      sps: Buffer.from(hevcVideo.sps[0] ?? []).toString('hex'),
    })
    expect(boxTree(init)[0]?.fields).toMatchObject({ compatibleBrands: 'isom iso5 iso6 mp42' })
  })
})

describe('NAL units', () => {
  const header = findBox(first, 'mdat').offset + 8 + 10 + 4
  test.each<[string, Uint8Array, InspectionRule[]]>([
    ['VPS inside of a sample', patch8(first, header, () => 0x40), ['nal-type']],
    ['delimiter', patch8(first, header, () => 0x46), ['nal-type']],
    ['reserved slice type', patch8(first, header, () => 10 << 1), ['nal-type']],
    ['SEI alone is no key picture', patch8(first, header - 10, () => 39 << 1), ['first-sample']],
    ['another layer', patch8(first, header + 1, () => 0x09), ['nal-type']],
    ['forbidden bit', patch8(first, header, byte => byte | 0x80), ['nal-forbidden-bit']],
    ['IDR picture not marked', patch8(first, header, () => idrNLp << 1), ['sample-flags']],
  ])('%s', (_, fragment, rules) => {
    expect(inFirst(fragment)).toEqual(rules)
  })
})
