import { boxTree, Fragmenter, renderFragment } from '@hksv/fmp4'
import { expect, test } from 'vitest'

import { collect } from './support/collect.ts'
import { findBox } from './support/patch.ts'
import { join, picture } from './support/stream.ts'

const pictures = Array.from({ length: 360 }, (_, i) => ({
  ...picture(900_000 + i * 3000, { isSync: i % 120 === 0 }),
  // As with one B frame between two others: shown two pictures late, or at once.
  compositionTimeOffset: i % 2 === 0 ? 6000 : 3000,
}))
const fragments = collect(pictures, new Fragmenter({ video: { timescale: 90_000, trackId: 3 } }))
const render = (isSegment?: boolean) =>
  fragments.map((fragment, i) =>
    join(
      renderFragment(fragment, {
        ...{ sequenceNumber: i + 1, origin: { videoTime: 900_000 }, withAudio: false },
        ...(isSegment === undefined ? {} : { isSegment }),
      }),
    ),
  )

test('a segment is the fragment behind styp and sidx', () => {
  const plain = render()
  const segments = render(true)
  expect(segments).toHaveLength(3)
  for (const [i, segment] of segments.entries()) {
    expect(boxTree(segment).map(({ type }) => type)).toEqual(['styp', 'sidx', 'moof', 'mdat'])
    expect(Buffer.from(segment.subarray(0, 24)).toString('latin1')).toBe(
      '\0\0\0\x18stypmsdh\0\0\0\0msdhmsix',
    )
    const sidx = findBox(segment, 'sidx')
    const behind = segment.subarray(sidx.offset + sidx.size)
    expect(behind).toEqual(plain[i])
    expect(sidx).toMatchObject({ version: 1, flags: 0, size: 52 })
    expect(sidx.fields).toEqual({
      referenceId: 3,
      timescale: 90_000,
      earliestPresentationTime: i * 360_000 + 6000,
      firstOffset: 0,
      referenceCount: 1,
      referencedSize: behind.length,
      subsegmentDuration: 360_000,
      accessPoint: 0x90000000,
    })
  }
})

test('nothing is in front unless it is asked for', () => {
  expect(render(false)).toEqual(render())
  expect(boxTree(render()[0] ?? new Uint8Array()).map(({ type }) => type)).toEqual(['moof', 'mdat'])
})
