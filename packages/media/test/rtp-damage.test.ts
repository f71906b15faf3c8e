import { describe, expect, test } from 'vitest'

import { Collector, fromHex, nalsOf } from './support/rtp-receive.ts'
import {
  aggregate,
  collect,
  fragment,
  hexes,
  idr,
  idrRest,
  join,
  picturesOf,
  pps,
  type Script,
  script,
  sdp,
  sei,
  slice,
  sliceRest,
  sps,
} from './support/rtp-script.ts'
import { formatOf, h264 } from './support/rtp-streams.ts'

describe('what is no whole picture of H.264', () => {
  const good = () => script().add(0, idr, 'mark')
  const next = (made: Script) =>
    made.add(8, slice, 'mark').add(9, idr, 'mark').add(10, slice, 'mark')
  const story = ['parameters', 'key', 'waiting damage', 'key', 'picture']

  test.each<[string, Uint8Array]>([
    ['a fragment without its beginning', fragment(slice, slice.subarray(1), 0)],
    ['an end without a beginning', fragment(slice, slice.subarray(1), 0x40)],
    ['a fragment cut behind its first byte', fromHex('7c')],
    ['a packet of several units, cut', aggregate([slice, slice]).subarray(0, 12)],
    ['a length of which half is there', join(aggregate([slice]), fromHex('00'))],
    ['STAP-B', fromHex('790000000441')],
    ['MTAP16', fromHex('7a0000000441')],
    ['FU-B', fromHex('7d8100004199')],
    ['the forbidden bit', fromHex('c19a7788')],
  ])('%s', (_name, payload) => {
    expect(collect(next(good().add(1, payload, 'mark'))).end().story).toEqual(story)
  })

  test('more bytes than allowed', () => {
    const made = next(good().add(1, join(slice, new Uint8Array(2000).fill(1)), 'mark'))
    const collector = new Collector(formatOf(h264, sdp), { maxPictureBytes: 1000 })
    expect(collector.push(...made.packets).end().story).toEqual(story)
  })

  test.each([
    ['in the middle', good().add(1, slice).lose(1).add(1, sliceRest, 'mark')],
    ['at its end', good().add(1, slice).lose(1)],
    ['at its beginning', good().lose(1).add(1, sliceRest, 'mark')],
    ['all of it', good().lose(2)],
  ])('a loss %s: nothing until the next key picture', (_name, made) => {
    const { story, samples } = collect(next(made)).end()
    expect(story.filter(one => !one.startsWith('loss'))).toEqual([
      'parameters',
      'key',
      'waiting loss',
      'key',
      'picture',
    ])
    expect(samples.map(sample => sample.decodeTime)).toEqual([0, 27_000, 30_000])
  })

  test('a key picture right behind a loss counts when its usual beginning is there', () => {
    const sets = aggregate([sps, pps])
    const first = () => script().add(0, sets).add(0, idr, 'mark').lose(1)
    expect(picturesOf(first().add(1, sets).add(1, idr, 'mark'))).toHaveLength(2)
    // The parameter sets may have been in what was lost, and others than before.
    expect(picturesOf(first().add(1, idr, 'mark'))).toHaveLength(1)
    expect(picturesOf(first().add(1, fragment(idr, idr.subarray(3), 0x40), 'mark'))).toHaveLength(1)
    // A sender that has none in front of its key pictures loses none there.
    expect(picturesOf(good().lose(1).add(1, idr, 'mark'))).toHaveLength(2)
  })

  test('what is left of a picture is none, though it is at its beginning that it lacks something', () => {
    expect(picturesOf(script().add(0, idrRest, 'mark').add(1, idr, 'mark'))).toEqual([hexes(idr)])
    // Slices of both kinds are no key picture.
    expect(picturesOf(script().add(0, slice).add(0, idrRest, 'mark'))).toEqual([])
  })

  test('a loss between two pictures of one timestamp does not discredit the marker', () => {
    const made = good().lose(1).add(0, sliceRest, 'mark').add(1, idr, 'mark')
    const collector = collect(made)
    expect(collector.received.samples.map(nalsOf)).toEqual([hexes(idr), hexes(idr)])
  })

  test('SPS, PPS and a recovery point do not make a key picture', () => {
    const made = script()
      .add(0, aggregate([sps, pps, sei]))
      .add(0, slice, 'mark')
    expect(picturesOf(made)).toEqual([])
    const { samples } = collect(made.add(1, idr, 'mark').add(2, slice, 'mark')).end()
    expect(samples.map(({ isSync }) => isSync)).toEqual([true, false])
  })
})

describe('parameter sets that change', () => {
  const other = fromHex('6742c00ada0836c044000003000400000300783c489a80')
  const otherPps = fromHex('68ce039c80')

  test('at a key picture are told before it', () => {
    const made = script()
      .add(0, aggregate([sps, pps, idr]), 'mark')
      .add(1, aggregate([sps, pps, idr]), 'mark')
      .add(2, aggregate([other, otherPps, idr]), 'mark')
    const { story, parameters } = collect(made).end()
    expect(story).toEqual(['parameters', 'key', 'key', 'parameters', 'key'])
    expect(parameters[1]).toEqual({ codec: 'h264', sps: [other], pps: [otherPps] })
  })

  test('elsewhere end the pictures until the next key picture', () => {
    const made = script()
      .add(0, idr, 'mark')
      .add(1, aggregate([otherPps, slice]), 'mark')
    const { story } = collect(made.add(2, slice, 'mark').add(3, idr, 'mark')).end()
    expect(story).toEqual(['parameters', 'key', 'waiting parameters', 'parameters', 'key'])
  })

  test('of several ids are told together', () => {
    const second = fromHex('6842ce03')
    const made = script().add(0, aggregate([sps, pps, second, idr]), 'mark')
    expect(collect(made, '').end().parameters).toEqual([
      { codec: 'h264', sps: [sps], pps: [pps, second] },
    ])
  })

  test('of the SDP give way to those of another id', () => {
    const second = fromHex('6842ce03')
    const stale = sdp.replace('aO48gA==', Buffer.from(second).toString('base64'))
    expect(stale).not.toBe(sdp)
    const made = script().add(0, aggregate([sps, pps, idr]), 'mark')
    expect(collect(made, stale).end().parameters).toEqual([
      { codec: 'h264', sps: [sps], pps: [pps] },
    ])
  })

  test('are kept up to a limit', () => {
    // pic_parameter_set_id in Exp-Golomb code, and something behind it.
    const ids = Array.from({ length: 200 }, (_, id) => (id + 1).toString(2))
    const codes = ids.map(bits => `${'0'.repeat(bits.length - 1)}${bits}1`.padEnd(24, '1'))
    const all = codes.map(bits =>
      Uint8Array.of(0x68, ...[0, 8, 16].map(at => Number.parseInt(bits.slice(at, at + 8), 2))),
    )
    const { parameters } = collect(script().add(0, aggregate([sps, ...all, idr]), 'mark'), '').end()
    expect(parameters).toMatchObject([{ sps: [sps], pps: all.slice(0, 63) }])
  })

  test('that cannot be read are no parameter sets', () => {
    const made = script().add(0, aggregate([fromHex('67ff'), fromHex('68'), idr]), 'mark')
    expect(collect(made).end().parameters).toEqual([{ codec: 'h264', sps: [sps], pps: [pps] }])
  })

  test('that are larger than any box could hold are none', () => {
    const huge = join(sps, new Uint8Array(70_000).fill(0x55))
    const made = script().add(0, huge).add(0, idr, 'mark')
    expect(collect(made).end().parameters).toEqual([{ codec: 'h264', sps: [sps], pps: [pps] }])
  })
})
