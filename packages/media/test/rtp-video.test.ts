import { describe, expect, test } from 'vitest'

import { fromHex, nalsOf } from './support/rtp-receive.ts'
import {
  aggregate,
  collect,
  delimiter,
  fragment,
  hexes,
  idr,
  idrRest,
  join,
  picturesOf,
  pps,
  script,
  sei,
  slice,
  sliceRest,
  sps,
  startCode,
} from './support/rtp-script.ts'

describe('what senders of H.264 do', () => {
  test('ffmpeg: delimiter, parameter sets and SEI in one packet; delimiter and slice in another', () => {
    const made = script()
      .add(0, aggregate([delimiter, sps, pps, sei]))
      .add(0, idr, 'mark')
      .add(1, aggregate([delimiter, slice]), 'mark')
    expect(picturesOf(made, '')).toEqual([hexes(sei, idr), hexes(slice)])
  })

  test('a delimiter in a packet of its own', () => {
    const made = script()
      .add(0, delimiter)
      .add(0, idr, 'mark')
      .add(1, delimiter)
      .add(1, slice, 'mark')
    expect(picturesOf(made)).toEqual([hexes(idr), hexes(slice)])
  })

  test('GStreamer: parameter sets in front of every slice of a key picture', () => {
    const sets = aggregate([sps, pps])
    const made = script().add(0, sets).add(0, idr).add(0, sets).add(0, idrRest, 'mark')
    expect(picturesOf(made, '')).toEqual([hexes(idr, idrRest)])
  })

  test.each([
    ['both parameter sets marked', ['mark', 'mark'] as const],
    ['SPS marked, PPS not', ['mark', 'no mark'] as const],
  ])('%s', (_name, [first, second]) => {
    const made = script().add(0, sps, first).add(0, pps, second).add(0, idr, 'mark')
    const { samples, notes } = collect(made, '').end()
    expect(samples.map(nalsOf)).toEqual([hexes(idr)])
    expect(notes).toEqual([])
  })

  test('SEI between parameter sets and picture, marked', () => {
    const made = script().add(0, sps).add(0, pps).add(0, sei, 'mark').add(0, idr, 'mark')
    expect(picturesOf(made, '')).toEqual([hexes(sei, idr)])
  })

  test('parameter sets with a timestamp of their own', () => {
    const made = script().add(0, sps, 'mark').add(0, pps, 'mark').add(1, idr, 'mark')
    expect(picturesOf(made, '')).toEqual([hexes(idr)])
  })

  test('no parameter sets but those of the SDP', () => {
    const { samples, parameters } = collect(script().add(0, idr, 'mark')).end()
    expect(samples.map(nalsOf)).toEqual([hexes(idr)])
    expect(parameters).toEqual([{ codec: 'h264', sps: [sps], pps: [pps] }])
  })

  test('parameter sets nowhere: said once, and no sample', () => {
    const made = script().add(0, idr, 'mark').add(1, slice, 'mark').add(2, idr, 'mark')
    expect(collect(made, '').end()).toMatchObject({ samples: [], story: ['waiting parameters'] })
  })

  test('a stale SDP gives way to what comes with the pictures', () => {
    const other = fromHex('6742c00ada0836c044000003000400000300783c489a80')
    const made = script()
      .add(0, aggregate([other, pps]))
      .add(0, idr, 'mark')
    expect(collect(made).end().parameters).toEqual([{ codec: 'h264', sps: [other], pps: [pps] }])
  })

  test('SPS, PPS and picture in one NAL unit with start codes', () => {
    const whole = join(sps, startCode, pps, startCode, idr)
    const made = script().add(0, whole, 'mark').add(1, slice, 'mark')
    const { samples, parameters } = collect(made, '').end()
    expect(samples.map(nalsOf)).toEqual([hexes(idr), hexes(slice)])
    expect(parameters).toEqual([{ codec: 'h264', sps: [sps], pps: [pps] }])
  })

  test('the same in fragments, with a start code in front too', () => {
    const whole = join(sps, startCode, pps, startCode.subarray(1), idr, startCode, idrRest)
    const body = whole.subarray(1)
    const made = script()
      .add(0, fragment(whole, body.subarray(0, 50), 0x80))
      .add(0, fragment(whole, body.subarray(50), 0x40), 'mark')
      .add(1, join(startCode, slice), 'mark')
    expect(picturesOf(made, '')).toEqual([hexes(idr, idrRest), hexes(slice)])
  })

  test('zeros behind a NAL unit', () => {
    const made = script().add(0, join(idr, fromHex('000000')), 'mark')
    expect(picturesOf(made)).toEqual([hexes(idr)])
  })

  test('no marker at all: a picture ends when the next one begins', () => {
    const made = script().add(0, idr).add(0, idrRest).add(1, slice).add(2, slice)
    expect(picturesOf(made)).toEqual([hexes(idr, idrRest), hexes(slice)])
  })

  test('a marker on every slice: found out, and from the next key picture on all is well', () => {
    const made = script()
    for (const picture of [0, 2]) {
      made.add(picture, idr, 'mark').add(picture, idrRest, 'mark')
      made.add(picture + 1, slice, 'mark').add(picture + 1, sliceRest, 'mark')
    }
    const { samples, notes } = collect(made.add(4, idr, 'mark')).end()
    // The first picture was gone before its second slice came.
    expect(samples.map(nalsOf)).toEqual([hexes(idr), hexes(idr, idrRest), hexes(slice, sliceRest)])
    expect(notes).toEqual(['waiting damage'])
  })

  test('two pictures with one timestamp', () => {
    const made = script().add(0, idr, 'mark').add(1, slice, 'mark').add(1, slice, 'mark')
    const { samples } = collect(made.add(2, slice, 'mark')).end()
    expect(samples.map(sample => sample.decodeTime)).toEqual([0, 3000, 3001, 6000])
  })

  test('fragments of which the last one is not marked as such', () => {
    const made = script()
      .add(0, fragment(idr, idr.subarray(1, 3), 0x80))
      .add(0, fragment(idr, idr.subarray(3), 0))
      .add(0, fragment(idrRest, idrRest.subarray(1), 0x80), 'mark')
      .add(1, slice, 'mark')
    expect(picturesOf(made)).toEqual([hexes(idr, idrRest), hexes(slice)])
  })

  test('packets of more than 10 kB', () => {
    const large = join(idr, new Uint8Array(60_000).fill(0x55))
    expect(picturesOf(script().add(0, large, 'mark'))).toEqual([hexes(large)])
  })

  test('filler, ends of sequences and units of extensions are dropped', () => {
    const others = ['0a', '0b', '0cff80', '0d11', '6e11', '6f11', '7411'].map(fromHex)
    const made = script().add(0, aggregate([idr, ...others]), 'mark')
    expect(picturesOf(made)).toEqual([hexes(idr)])
  })

  test('packets without payload count, and do nothing', () => {
    const none = new Uint8Array()
    const made = script().add(0, idr).add(0, none).add(0, idrRest, 'mark').add(1, none, 'mark')
    expect(collect(made.add(1, slice, 'mark')).end()).toMatchObject({
      story: ['parameters', 'key', 'picture'],
    })
  })
})
