import { clipDate, clipName } from '@hksv/hub'
import { expect, test } from 'vitest'

const date = new Date('2026-11-23T16:40:12.345Z')
const deviceId = '11:22:33:AA:BB:CC'

test.each([
  ['Front Door', 'front-door'],
  ['../../etc/passwd', 'etc-passwd'],
  ['Große Straße', 'große-straße'],
  ['玄関', '玄関'],
  ['a\0b\nc', 'a-b-c'],
  ['***', 'camera'],
  ['x'.repeat(500), 'x'.repeat(20)],
])('the clip of %j is named after it, and after its time', (name, label) => {
  const clip = clipName({ name, deviceId }, date)
  expect(clip).toBe(`20261123T164012345Z_${label}_112233AABBCC`)
  expect(clipDate(clip)).toEqual(date)
})

test.each([
  '',
  'holiday',
  '20261323T164012345Z_a_112233AABBCC',
  '20261123T164012345Z_a/b_112233AABBCC',
])('%j is no name of a clip', name => {
  expect(clipDate(name)).toBeUndefined()
})
