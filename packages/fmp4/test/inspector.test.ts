import {
  boxTree,
  Fragmenter,
  FragmentInspector,
  type InspectionRule,
  initSegment,
  inspectFragment,
  inspectInit,
  inspectionRules,
} from '@hksv/fmp4'
import { describe, expect, test } from 'vitest'

import { collect } from './support/collect.ts'
import { findBox, findBoxes, patch8, patch32, removeBox } from './support/patch.ts'
import { picture, regularStream, render, video } from './support/stream.ts'
import { accepted } from './support/vectors.ts'

const recording = render(collect(regularStream(12)).slice(0, 3))
const [first, second, third] = recording.fragments as [Uint8Array, Uint8Array, Uint8Array]
const { init } = recording

/** Rules that the recording violates when some of its parts are replaced. */
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
const inSecond = (fragment: Uint8Array) => violated({ fragments: [first, fragment, third] })
const inInit = (bytes: Uint8Array) => violated({ init: bytes })
const at = (bytes: Uint8Array, type: string, field: number, n = 0) =>
  findBox(bytes, type, n).offset + field

test('a recording as we write it is well', () => {
  expect(violated({})).toEqual([])
})

describe('mistakes that were tried on players', () => {
  test('data_offset 4 too large in the first run', () => {
    expect(inFirst(patch32(first, at(first, 'trun', 16), n => n + 4))).toContain('data-range')
  })

  test('every data_offset 8 too small', () => {
    const moved = [0, 1].reduce(
      (bytes, n) => patch32(bytes, at(bytes, 'trun', 16, n), value => value - 8),
      first,
    )
    expect(inFirst(moved)).toContain('data-range')
  })

  test('composition offsets announced, but not written', () => {
    expect(inFirst(patch32(first, at(first, 'trun', 8), flags => flags | 0x800))).toContain(
      'run-size',
    )
  })

  test.each([
    ['500 ms late', 45_000],
    ['500 ms early', -45_000],
    ['begun anew at 0', -360_000],
  ])('decode time of the video %s', (_, change) => {
    const moved = patch32(second, at(second, 'tfdt', 16), time => time + change)
    expect(inSecond(moved)).toEqual(['av-skew', 'decode-time'])
  })

  test('decode time of the audio 500 ms late', () => {
    const moved = patch32(second, at(second, 'tfdt', 16, 1), time => time + 16_000)
    expect(inSecond(moved)).toEqual(['av-skew', 'decode-time'])
  })

  test('IDR picture marked as no sync sample', () => {
    expect(inFirst(patch32(first, at(first, 'trun', 20), () => 0x01010000))).toEqual([
      'first-sample',
    ])
  })

  test('avcC without SPS', () => {
    const avcC = findBox(init, 'avcC')
    const counts = avcC.offset + 8 + 5
    expect(inInit(patch8(init, counts, () => 0xe0))).toContain('parameter-sets')
  })

  test('no mvex', () => {
    expect(inInit(removeBox(init, findBox(init, 'mvex')))).toEqual(['mvex-missing'])
  })

  test('audio timescale halved', () => {
    expect(inInit(patch32(init, at(init, 'mdhd', 20, 1), rate => rate / 2))).toContain('audio-rate')
  })

  test('the same sequence number twice', () => {
    expect(inSecond(patch32(second, at(second, 'mfhd', 12), () => 1))).toEqual(['sequence-number'])
  })

  test('trex of another track', () => {
    expect(inInit(patch32(init, at(init, 'trex', 12, 1), () => 3))).toEqual(['trex-tracks'])
  })

  test('default-base-is-moof cleared', () => {
    const cleared = patch32(first, at(first, 'tfhd', 8, 1), flags => flags & ~0x020000)
    expect(inFirst(cleared)).toContain('data-base')
  })

  test('mdat 100 bytes too large', () => {
    expect(inFirst(patch32(first, findBox(first, 'mdat').offset, size => size + 100))).toEqual([
      'box-size',
    ])
  })

  test('IDR slice turned into another', () => {
    const nal = findBox(first, 'mdat').offset + 8 + 4
    expect(inFirst(patch8(first, nal, () => 0x61))).toEqual(['first-sample'])
  })

  test('start code instead of a length', () => {
    const nal = findBox(first, 'mdat').offset + 8
    expect(inFirst(patch32(first, nal, () => 1))).toContain('nal-length')
  })
})

describe('further mistakes', () => {
  const mdat = findBox(first, 'mdat').offset + 8
  const secondNal = mdat + 44 + 4
  const audioAt = mdat + 120 * 44

  test.each<[string, Uint8Array, InspectionRule[]]>([
    ['tfdt of version 0', patch8(first, at(first, 'tfdt', 8), () => 0), ['tfdt-version']],
    [
      'track id 7',
      patch32(first, at(first, 'tfhd', 12, 1), () => 7),
      ['av-skew', 'data-size', 'unknown-track'],
    ],
    [
      'a size one less',
      patch32(first, at(first, 'trun', 24 + 4 + 8 * 119), n => n - 1),
      ['data-size', 'nal-length'],
    ],
    [
      'a duration of 0',
      patch32(first, at(first, 'trun', 24), () => 0),
      ['decode-time', 'sample-duration'],
    ],
    [
      '5 s of video',
      patch32(first, at(first, 'trun', 24), n => n + 90_000),
      ['av-skew', 'decode-time', 'fragment-duration'],
    ],
    ['forbidden bit', patch8(first, secondNal, n => n | 0x80), ['nal-forbidden-bit']],
    ['SPS inside of a sample', patch8(first, secondNal, () => 0x67), ['nal-type']],
    ['IDR picture not marked', patch8(first, secondNal, () => 0x65), ['sample-flags']],
    ['trailing zero', patch8(first, mdat + 43, () => 0), ['nal-trailing-zero']],
    ['start code inside', patch32(first, mdat + 20, () => 0x00000100), ['nal-start-code']],
    ['ADTS header', patch32(first, audioAt, () => 0xfff15080), ['adts-header']],
    [
      'no tfdt, and so all data 20 bytes away',
      removeBox(first, findBox(first, 'tfdt', 1)),
      ['audio-size', 'box-missing', 'data-range', 'first-sample', 'nal-length'],
    ],
    [
      'styp instead of moof',
      patch32(first, 4, () => 0x73747970),
      ['data-size', 'fragment-boxes', 'sequence-number'],
    ],
    [
      'box of unknown type',
      patch32(first, at(first, 'tfdt', 4), () => 0x78787878),
      ['box-missing', 'box-unknown'],
    ],
  ])('%s', (_, fragment, rules) => {
    expect(inFirst(fragment)).toEqual(rules)
  })

  test.each<[string, InspectionRule, Uint8Array]>([
    ['brands behind the moov', 'top-level-boxes', init.slice(findBox(init, 'moov').offset)],
    ['track id twice', 'track-ids', patch32(init, at(init, 'tkhd', 20, 1), () => 1)],
    ['next_track_ID 2', 'next-track-id', patch32(init, at(init, 'mvhd', 104), () => 2)],
    ['reserved field', 'reserved-field', patch8(init, at(init, 'mvhd', 40), () => 1)],
    [
      'pre_defined of hdlr',
      'reserved-field',
      patch32(init, at(init, 'hdlr', 12), () => 0x6d686c72),
    ],
    ['two entries in stsd', 'entry-count', patch32(init, at(init, 'stsd', 12), () => 2)],
    ['no stsz', 'box-missing', removeBox(init, findBox(init, 'stsz'))],
    ['no avcC', 'box-missing', removeBox(init, findBox(init, 'avcC'))],
    ['width of the sample entry', 'picture-size', patch8(init, at(init, 'avc1', 33), n => n + 2)],
    ['width of the track', 'picture-size', patch8(init, at(init, 'tkhd', 85), n => n + 16)],
    ['level', 'profile-level', patch8(init, at(init, 'avcC', 8 + 3), () => 31)],
    ['reserved bits', 'avcc-reserved-bits', patch8(init, at(init, 'avcC', 8 + 5), () => 1)],
    ['avcC of version 2', 'avcc-unreadable', patch8(init, at(init, 'avcC', 8), () => 2)],
    ['av01', 'video-codec', patch32(init, at(init, 'avc1', 4), () => 0x61763031)],
    ['hvc1 without hvcC', 'box-missing', patch32(init, at(init, 'avc1', 4), () => 0x68766331)],
    ['esds', 'esds-unreadable', patch8(init, at(init, 'esds', 12), () => 9)],
    ['opus', 'audio-codec', patch32(init, at(init, 'mp4a', 4), () => 0x4f707573)],
    ['two channels', 'audio-channels', patch8(init, at(init, 'mp4a', 25), () => 2)],
    ['MP3 in mp4a', 'audio-object-type', patch8(init, at(init, 'esds', 19), () => 0x6b)],
    ['box too large', 'box-size', patch32(init, at(init, 'stbl', 0), n => n + 8)],
  ])('init: %s', (_, rule, bytes) => {
    expect(inspectInit(bytes).findings.map(finding => finding.rule)).toContain(rule)
  })

  test('another object type than negotiated', () => {
    expect(inspectInit(init, { audioObjectType: 2 }).findings).toEqual([])
    expect(inspectInit(init, { audioObjectType: 39 }).findings[0]?.rule).toBe('audio-object-type')
  })

  test('composition offsets where the SPS rules B frames out', () => {
    const sps = accepted('sps').find(({ name }) => name === '720p baseline')?.bytes
    const head = initSegment({
      video: { ...video, width: 1280, height: 720, sps: [sps ?? new Uint8Array()] },
    })
    const fragmenter = new Fragmenter({ video: { timescale: 90_000 } })
    const offsets = [0, 6000, 3000]
    const pictures = offsets.map((compositionTimeOffset, i) =>
      picture(i * 3000, { isSync: i === 0, compositionTimeOffset }),
    )
    const { fragments } = render(collect(pictures, fragmenter), { withAudio: false })
    expect(violated({ init: head, fragments })).toEqual(['composition-offset', 'fragment-duration'])
  })
})

test('a finding names check, rule, box, offset and text', () => {
  const bytes = patch32(first, at(first, 'mfhd', 0), size => size + 400_000_000)
  const [finding] = inspectFragment(bytes, inspectInit(init).state).findings
  expect(finding).toMatchObject({ check: 1, rule: 'box-size', box: 'moof/mfhd', offset: 8 })
  expect(finding?.text).toMatch(/400000016 bytes/)
  expect(Object.values(inspectionRules)).toContain(finding?.check)
})

test('the summary is one line', () => {
  const inspector = new FragmentInspector(init)
  const ok = inspector.inspect(first)
  expect(ok.line).toBe('#1 video 0+360000 120/5280 [5] audio 0+128000 125/500 skew 0.0 ms ok')
  expect(ok.summary.video).toEqual({
    ...{ decodeTime: 0, duration: 360_000, samples: 120, bytes: 5280, nalTypes: [5] },
  })
  expect(inspector.inspect(first).line).toMatch(/violates 5$/)
})

test('findings are bounded', () => {
  const bad = first.slice()
  const start = findBox(first, 'mdat').offset + 8
  // Forbidden bit, type 7 and a trailing zero in every picture.
  for (let i = 0; i < 120; i++) {
    bad[start + i * 44 + 4] = 0x87
    bad[start + i * 44 + 43] = 0
  }
  const inspection = inspectFragment(bad, inspectInit(init).state)
  expect(inspection.findings.length).toBe(200)
})

test('the box tree lists key fields', () => {
  const [ftyp, moov] = boxTree(init)
  expect(ftyp?.fields).toMatchObject({
    majorBrand: 'mp42',
    compatibleBrands: 'isom iso5 iso6 mp42 avc1',
  })
  expect(moov?.children.map(box => box.path)).toEqual([
    'moov/mvhd',
    'moov/trak',
    'moov/trak[2]',
    'moov/mvex',
  ])
  expect(findBox(init, 'hdlr', 1).fields).toMatchObject({
    handlerType: 'soun',
    name: 'Sound Handler',
  })
  expect(findBox(init, 'avcC').fields).toMatchObject({ profile: 77, level: 41, pps: '68ee3c80' })
  expect(findBox(init, 'esds').fields).toMatchObject({ audioSpecificConfig: '1288' })
  expect(findBoxes(first, 'trun')[0]?.fields).toEqual({
    ...{ sampleCount: 120, dataOffset: findBox(first, 'mdat').offset + 8 },
    firstSampleFlags: 0x02000000,
  })
})
