import { Fragmenter, FragmentInspector } from '@hksv/fmp4'
import { describe, expect, test } from 'vitest'

import { collect, options } from './support/collect.ts'
import { aacFrame, picture, regularStream, render } from './support/stream.ts'
import { codeOf } from './support/vectors.ts'

const seconds = (n: number) => n * 90_000

describe('where fragments are cut', () => {
  test.each([
    { every: 0.5, durations: [4, 4, 4] },
    { every: 1, durations: [4, 4, 4] },
    { every: 2, durations: [4, 4, 4] },
    { every: 4, durations: [4, 4, 4] },
    { every: 3, durations: [3, 3, 3, 3] },
    { every: 1.5, durations: [3, 3, 3, 3] },
    { every: 5, durations: [5, 5] },
    { every: 6, durations: [6, 6] },
  ])('key frames every $every s', ({ every, durations }) => {
    const samples = regularStream(12.1, { gop: every * 30 })
    const fragments = collect(samples).slice(0, durations.length)
    expect(fragments.map(fragment => fragment.durationMs / 1000)).toEqual(durations)
  })

  test('a key frame up to half a frame early is in time', () => {
    for (const [early, duration] of [
      [1499, 4000 - 1499 / 90],
      [1501, 4000 + 1499 / 90],
    ] as const) {
      const fragmenter = new Fragmenter({ video: { timescale: 90_000 } })
      const samples = regularStream(4.2, { gop: 1, withAudio: false }).map((sample, i) =>
        i === 0 ? sample : { ...sample, decodeTime: sample.decodeTime - early },
      )
      expect(collect(samples, fragmenter)[0]?.durationMs).toBeCloseTo(duration, 6)
    }
  })

  test('an early cut takes the next key frame', () => {
    const fragmenter = new Fragmenter(options)
    const samples = regularStream(9, { gop: 30 })
    const first = collect(samples.slice(0, 40), fragmenter)
    expect(first).toHaveLength(1)
    const again = new Fragmenter(options)
    const cutAt = samples.findIndex(sample => sample.decodeTime > seconds(1.2))
    for (const sample of samples.slice(0, cutAt)) again.push(sample)
    again.cut()
    const durations = collect(samples.slice(cutAt), again).map(({ durationMs }) => durationMs)
    expect(durations[0]).toBe(2000)
    expect(durations[1]).toBe(4000)
  })

  test('a cut that is wanted before anything has come takes the second key frame', () => {
    const fragmenter = new Fragmenter(options)
    fragmenter.cut()
    const durations = collect(regularStream(12, { gop: 30 }), fragmenter).map(
      ({ durationMs }) => durationMs,
    )
    expect(durations.slice(0, 3)).toEqual([1000, 4000, 4000])
  })

  test('what comes before the first key frame is left out', () => {
    const samples = regularStream(9).filter(({ decodeTime, track }) =>
      track === 'video' ? decodeTime > 0 : true,
    )
    const [first, ...rest] = collect(samples)
    expect(first?.startMs).toBe(4000)
    expect(first?.audio?.decodeTime).toBe(128_000)
    expect(rest).toHaveLength(1)
  })

  test('key frames inside of a fragment are listed', () => {
    expect([...(collect(regularStream(8.1, { gop: 30 }))[0]?.video.keyFrames ?? [])]).toEqual([
      0, 30, 60, 90,
    ])
  })
})

describe('audio', () => {
  test('closes a fragment with the first frame behind it', () => {
    const fragmenter = new Fragmenter(options)
    const samples = regularStream(4.1)
    const early = samples.filter(
      ({ track, decodeTime }) => track === 'video' || decodeTime < 124 * 1024,
    )
    for (const sample of early) expect(fragmenter.push(sample)).toBeUndefined()
    expect(fragmenter.push(aacFrame(124 * 1024))).toBeUndefined()
    expect(fragmenter.push(aacFrame(128_000))?.audio?.sampleCount).toBe(125)
  })

  test('is not waited for longer than a second of video', () => {
    const fragmenter = new Fragmenter(options)
    const samples = regularStream(5.2).filter(
      ({ track, decodeTime }) => track === 'video' || decodeTime < 3.5 * 32_000,
    )
    let done = 0
    for (const sample of samples)
      if (fragmenter.push(sample) !== undefined) done = sample.decodeTime
    expect(done).toBe(seconds(5))
  })

  test('is not waited for when none was there lately', () => {
    const fragmenter = new Fragmenter(options)
    const samples = regularStream(4.1, { withAudio: false })
    expect(samples.flatMap(sample => fragmenter.push(sample)?.startMs ?? [])).toEqual([0])
  })

  test('a gap stretches the frame before it', () => {
    const samples = regularStream(8.5).filter(
      ({ track, decodeTime }) => track === 'video' || decodeTime <= 30_720 || decodeTime >= 34_816,
    )
    const [first] = collect(samples)
    expect(first?.audio?.durations[30]).toBe(4096)
    expect(first?.audio?.durations.reduce((sum, duration) => sum + duration, 0)).toBe(128_000)
  })

  test('missing at a fragment end is bridged up to that end', () => {
    const samples = regularStream(12.5).filter(
      ({ track, decodeTime }) =>
        track === 'video' || decodeTime < 3 * 32_000 || decodeTime > 6 * 32_000,
    )
    const [first, second] = collect(samples)
    expect(first?.audio?.durations.at(-1)).toBe(128_000 - 94 * 1024 + 1024)
    expect(second?.audio?.decodeTime).toBe(128_000)
    expect(second?.audio?.durations[0]).toBe(188 * 1024 - 128_000 + 1024)
  })

  test('after more than 10 s without it, its timeline begins anew', () => {
    const samples = regularStream(24).filter(
      ({ track, decodeTime }) =>
        track === 'video' || decodeTime < 2 * 32_000 || decodeTime > 18 * 32_000,
    )
    const fragments = collect(samples)
    expect(fragments.map(fragment => fragment.audio?.decodeTime)).toEqual([
      0,
      undefined,
      undefined,
      undefined,
      563 * 1024,
      20 * 32_000,
    ])
  })

  test('too late for its fragment is dropped and counted', () => {
    const fragmenter = new Fragmenter(options)
    const samples = regularStream(6).filter(
      ({ track, decodeTime }) => track === 'video' || decodeTime < 3.5 * 32_000,
    )
    for (const sample of samples) fragmenter.push(sample)
    fragmenter.push(aacFrame(3.6 * 32_000))
    expect(fragmenter.lateAudioFrames).toBe(1)
  })

  test('is refused by a fragmenter without audio', () => {
    const fragmenter = new Fragmenter({ video: { timescale: 90_000 } })
    expect(() => fragmenter.push(aacFrame(0))).toThrow(TypeError)
  })
})

describe('odd input', () => {
  test('equal and slightly backward times move on by one unit', () => {
    const fragmenter = new Fragmenter({ video: { timescale: 90_000 } })
    const times = [0, 3000, 3000, 2990, 6000]
    const samples = times.map((time, i) => picture(time, { isSync: i === 0, number: i }))
    const [only] = collect(samples, fragmenter)
    expect([...(only?.video.durations ?? [])]).toEqual([3000, 1, 1, 2998, 2998])
  })

  test('a moved picture is shown when it was to be shown', () => {
    const fragmenter = new Fragmenter({ video: { timescale: 90_000 } })
    const samples = [
      picture(0, { isSync: true }),
      picture(3000, { compositionTimeOffset: 6000 }),
      picture(3000, { compositionTimeOffset: 100 }),
    ]
    const [only] = collect(samples, fragmenter)
    expect([...(only?.video.compositionOffsets ?? [])]).toEqual([0, 6000, 99])
  })

  test('times that go back by more than a second are refused', () => {
    const fragmenter = new Fragmenter(options)
    fragmenter.push(picture(200_000, { isSync: true }))
    expect(() => fragmenter.push(picture(100_000))).toThrow(RangeError)
    fragmenter.push(aacFrame(64_000))
    expect(() => fragmenter.push(aacFrame(0))).toThrow(RangeError)
    expect(() => fragmenter.push(picture(200_000.5))).toThrow(RangeError)
  })

  test('empty samples are ignored', () => {
    const fragmenter = new Fragmenter(options)
    fragmenter.push({ ...picture(0, { isSync: true }), data: new Uint8Array() })
    expect(fragmenter.flush()).toBeUndefined()
  })

  test('without key frames a fragment is dropped at its limit, and the next key frame helps', () => {
    const limits = { ...options, maxFragmentDurationMs: 6000, maxFragmentBytes: 100_000 }
    const long = new Fragmenter(limits)
    const samples = regularStream(20, { gop: 250 })
    const codes = samples.map(sample => codeOf(() => long.push(sample)))
    expect(codes.filter(code => code !== undefined)).toEqual([
      'FMP4_NO_KEY_FRAME',
      'FMP4_NO_KEY_FRAME',
    ])
    expect(codes.indexOf('FMP4_NO_KEY_FRAME')).toBeGreaterThan(300)
    const large = new Fragmenter(limits)
    expect(codeOf(() => large.push(picture(0, { isSync: true, length: 100_000 })))).toBe(
      'FMP4_NO_KEY_FRAME',
    )
    expect(large.flush()).toBeUndefined()
  })

  test('a gap of more than 10 s in the video ends the timeline', () => {
    const later = regularStream(9).map(sample => ({
      ...sample,
      decodeTime: sample.decodeTime + (sample.track === 'video' ? seconds(60) : 60 * 32_000),
    }))
    const fragments = collect([...regularStream(6), ...later])
    expect(fragments.map(fragment => fragment.startMs)).toEqual([0, 4000, 60_000, 64_000, 68_000])
    expect(fragments[1]?.durationMs).toBe(2000)
    expect(fragments[2]?.audio?.decodeTime).toBe(60 * 32_000)
  })

  test('after a flush the next key frame begins anew, at any time', () => {
    const fragmenter = new Fragmenter(options)
    expect(collect(regularStream(5), fragmenter)).toHaveLength(2)
    expect(collect(regularStream(5), fragmenter).map(({ startMs }) => startMs)).toEqual([0, 4000])
    expect(fragmenter.flush()).toBeUndefined()
  })

  test('nothing lasts 0', () => {
    expect(() => new Fragmenter({ video: { timescale: 0 } })).toThrow(RangeError)
    expect(() => new Fragmenter({ ...options, fragmentDurationMs: 0 })).toThrow(RangeError)
  })
})

test('24 hours at 90 kHz stay exact beyond 2^32', () => {
  const start = 24 * 3600
  const samples = regularStream(9).map(sample => ({
    ...sample,
    decodeTime: sample.decodeTime + start * (sample.track === 'video' ? 90_000 : 32_000),
  }))
  const fragments = collect(samples)
  expect(fragments.map(fragment => fragment.video.decodeTime)).toEqual([
    start * 90_000,
    start * 90_000 + 360_000,
    start * 90_000 + 720_000,
  ])
  const recording = render(fragments)
  const inspector = new FragmentInspector(recording.init)
  expect(inspector.inspect(recording.fragments[0] ?? new Uint8Array()).findings).toEqual([])
})
