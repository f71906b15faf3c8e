import { describe, expect, test } from 'vitest'

import { Collector, fromHex } from './support/rtp-receive.ts'
import {
  aggregate,
  bSlice,
  collect,
  idr,
  pps,
  Script,
  script,
  sdp,
  slice,
} from './support/rtp-script.ts'
import { formatOf, h264 } from './support/rtp-streams.ts'

describe('times', () => {
  const timesOf = (made: Script, fmtp = sdp) =>
    collect(made, fmtp)
      .end()
      .samples.map(({ decodeTime, compositionTimeOffset = 0 }) => [
        decodeTime / 3000,
        compositionTimeOffset / 3000,
      ])
  // 640x480, High, no bitstream_restriction: it does not say whether there are B frames.
  const silent = fromHex('6764001eacd940a02ff97001')
  const sets = (set: Uint8Array) =>
    `sprop-parameter-sets=${[set, pps].map(nal => Buffer.from(nal).toString('base64')).join(',')}`

  test('go on over the wrap of the timestamp', () => {
    const made = new Script(1, 2 ** 32 - 4500).add(0, idr, 'mark').add(1, slice, 'mark')
    expect(timesOf(made.add(2, slice, 'mark'))).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ])
  })

  test('B frames of an SPS that does not announce them: right from the second group on', () => {
    const made = script()
    for (const base of [0, 7]) {
      made
        .add(base, idr, 'mark')
        .add(base + 3, slice, 'mark')
        .add(base + 1, bSlice, 'mark')
      made.add(base + 2, bSlice, 'mark').add(base + 6, slice, 'mark')
      made.add(base + 4, bSlice, 'mark').add(base + 5, bSlice, 'mark')
    }
    const times = timesOf(made.add(14, idr, 'mark'), sets(silent))
    expect(times.slice(7, 14)).toEqual([
      [7, 0],
      [8, 2],
      [9, -1],
      [10, -1],
      [11, 2],
      [12, -1],
      [13, -1],
    ])
    // In the first group, shown when they should be; decoded one after the other.
    expect(
      times.slice(0, 7).map(([decoded = 0, offset = 0]) => Math.round(decoded + offset)),
    ).toEqual([0, 3, 1, 2, 6, 4, 5])
    expect(times.every(([decoded = 0], i) => i === 0 || decoded > (times[i - 1]?.[0] ?? 0))).toBe(
      true,
    )
  })

  describe('with B frames on their way', () => {
    const group = (made: Script, base: number) =>
      made
        .add(base, idr, 'mark')
        .add(base + 2, slice, 'mark')
        .add(base + 1, fromHex('41a20102'), 'mark')
        .add(base + 4, slice, 'mark')
        .add(base + 3, fromHex('41a20102'), 'mark')
    const storyOf = (made: Script) => collect(made, sets(silent)).received.story
    const first = ['parameters', 'key', 'picture', 'picture', 'picture']

    test('the last one waits for a key picture, which waits for the next one', () => {
      const made = group(script(), 0)
      expect(storyOf(made)).toEqual(first)
      expect(storyOf(made.add(5, idr, 'mark'))).toEqual([...first, 'picture'])
    })

    test('it comes before parameters that change', () => {
      const made = group(script(), 0).add(5, aggregate([fromHex('68ce039c80'), idr]), 'mark')
      expect(storyOf(made)).toEqual([...first, 'picture', 'parameters'])
    })

    test('it comes before a loss', () => {
      const made = group(script(), 0).lose(1).add(6, slice, 'mark')
      expect(storyOf(made)).toEqual([...first, 'loss 1', 'picture', 'waiting loss'])
    })

    test('after a group without them nothing waits', () => {
      const made = group(script(), 0).add(5, idr, 'mark').add(6, slice, 'mark')
      made.add(7, idr, 'mark').add(8, slice, 'mark')
      expect(storyOf(made).slice(-5)).toEqual(['picture', 'key', 'picture', 'key', 'picture'])
    })
  })

  test('a picture without marker comes before the clock that was set behind it', () => {
    const made = new Script(1, 10_000_000).add(0, idr).add(400, slice).add(401, slice)
    expect(collect(made).received.story).toEqual([
      'parameters',
      'key',
      'restart timestamp',
      'picture',
    ])
  })

  test('that go back a little without B frames are moved behind the last', () => {
    const made = script().add(0, idr, 'mark').add(2, slice, 'mark').add(1, slice, 'mark')
    const times = timesOf(made.add(3, slice, 'mark'), sets(silent))
    expect(times).toEqual([
      [0, 0],
      [2, 0],
      [2 + 1 / 3000, 0],
      [3, 0],
    ])
  })

  test.each([
    ['jump ahead by more than 10 s', 400],
    ['go back by more than 1 s', -40],
  ])('that %s go on after the step before', (_name, jump) => {
    const made = new Script(1, 10_000_000).add(0, idr, 'mark').add(1, slice, 'mark')
    made.add(2 + jump, slice, 'mark').add(3 + jump, slice, 'mark')
    const { samples, story } = collect(made).end()
    expect(samples.map(sample => sample.decodeTime)).toEqual([0, 3000, 6000, 9000])
    expect(story).toEqual([
      'parameters',
      'key',
      'picture',
      'restart timestamp',
      'picture',
      'picture',
    ])
  })

  test('that jump while as much time goes by are right', () => {
    const made = script().add(0, idr, 'mark').add(600, slice, 'mark')
    const collector = new Collector(formatOf(h264, sdp)).push(made.packets[0]).goTo(20_100)
    const { samples, notes } = collector.push(made.packets[1]).end()
    expect(samples.map(sample => sample.decodeTime)).toEqual([0, 600 * 3000])
    expect(notes).toEqual([])
  })
})
