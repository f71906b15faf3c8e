import { boxTree, Fragmenter, ntpTimestamp, renderFragment } from '@hksv/fmp4'
import { expect, test } from 'vitest'

import { collect } from './support/collect.ts'
import { findBox } from './support/patch.ts'
import { join, picture } from './support/stream.ts'

// The table of RFC 5905 figure 4, and the moment at which its first era ends.
test.each([
  ['1900-01-01T00:00:00Z', 0],
  ['1970-01-01T00:00:00Z', 2_208_988_800],
  ['1972-01-01T00:00:00Z', 2_272_060_800],
  ['1999-12-31T00:00:00Z', 3_155_587_200],
  ['2036-02-07T06:28:15Z', 2 ** 32 - 1],
  ['2036-02-07T06:28:16Z', 0],
])('NTP time of %s', (date, seconds) => {
  expect(ntpTimestamp(Date.parse(date))).toBe(BigInt(seconds) << 32n)
  expect(ntpTimestamp(Date.parse(date) + 500) & 0xffffffffn).toBe(0x80000000n)
})

test.each([Number.NaN, Infinity, -2_208_988_800_001])('%s is no time', time => {
  expect(() => ntpTimestamp(time)).toThrow(RangeError)
})

const pictures = Array.from({ length: 90 }, (_, i) =>
  picture(900_000 + i * 3000, { isSync: i % 30 === 0 }),
)
const [fragment] = collect(
  pictures.slice(30),
  new Fragmenter({ video: { timescale: 90_000, trackId: 3 } }),
)
const render = (ntp: bigint, videoTime = 900_000) => {
  if (fragment === undefined) throw new Error('no fragment')
  return renderFragment(fragment, {
    ...{ sequenceNumber: 2, origin: { videoTime }, withAudio: false },
    producerReferenceTime: { ntpTimestamp: ntp },
  })
}

test('a prft is one more part in front, with the time of the video in this recording', () => {
  const now = ntpTimestamp(Date.parse('2026-11-23T13:00:00Z'))
  const [first, ...rest] = render(now)
  const bytes = join([first ?? new Uint8Array(), ...rest])
  expect(boxTree(bytes).map(box => box.type)).toEqual(['prft', 'moof', 'mdat'])
  const prft = findBox(bytes, 'prft')
  expect(prft).toMatchObject({ version: 1, flags: 0, size: 32 })
  expect(prft.fields).toEqual({
    referenceTrackId: 3,
    ntpSeconds: Number(now >> 32n),
    ntpFraction: 0,
    mediaTime: 90_000,
  })
  expect(findBox(bytes, 'tfdt').fields).toEqual({ baseMediaDecodeTime: 90_000 })
  // Nothing behind it knows of it: offsets count from the moof.
  const plain = join(rest)
  expect(findBox(plain, 'trun').fields['dataOffset']).toBe(
    findBox(plain, 'mdat').offset + 8 - findBox(plain, 'moof').offset,
  )
})

test('what is no NTP timestamp is refused, and so is a time before the recording', () => {
  for (const ntp of [-1n, 1n << 64n]) expect(() => render(ntp)).toThrow(RangeError)
  expect(() => render(0n, 990_001)).toThrow(RangeError)
  expect(render((1n << 64n) - 1n)[0]?.subarray(16, 24)).toEqual(new Uint8Array(8).fill(0xff))
})
