import { LoopTimeline } from '@hksv/media'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

/** 9 s of 29.97 pictures a second, and frames of 1024 at 44.1 kHz: nothing comes out even. */
const video = { timescale: 30_000, times: Float64Array.from({ length: 270 }, (_, i) => i * 1001) }
const length = 270 * 1001
const frames = Math.floor((length / 30_000) * (44_100 / 1024))
const audio = {
  timescale: 44_100,
  times: Float64Array.from({ length: frames }, (_, i) => i * 1024),
}

describe('1000 passes', () => {
  const timeline = new LoopTimeline(video, audio, length)
  const passes = 1000
  const all = Array.from({ length: passes * (270 + frames) }, () => timeline.next())

  test('both tracks are there, every sample in its turn', () => {
    for (const [track, count] of [
      ['video', 270],
      ['audio', frames],
    ] as const) {
      const indices = all.filter(one => one.track === track).map(one => one.index)
      expect(indices).toHaveLength(passes * count)
      expect(indices.every((index, i) => index === i % count)).toBe(true)
    }
  })

  test('the video goes on without a gap', () => {
    const times = all.filter(one => one.track === 'video').map(one => one.decodeTime)
    expect(times.every((time, i) => time === i * 1001)).toBe(true)
  })

  test('the audio never drifts by more than half a unit', () => {
    const starts = all.filter(one => one.track === 'audio' && one.index === 0)
    starts.forEach(({ decodeTime }, pass) => {
      const exact = (BigInt(pass) * BigInt(length) * 44_100n * 2n + 30_000n) / 60_000n
      expect(decodeTime).toBe(Number(exact))
    })
  })

  test('times never go back', () => {
    expect(all.every((one, i) => one.dueMs >= (all[i - 1]?.dueMs ?? 0))).toBe(true)
  })
})

test('exact after years', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.constantFrom(8000, 32_000, 44_100, 48_000),
      fc.integer({ min: 1, max: 3_000_000 }),
      (videoScale, rate, passLength) => {
        const one = { timescale: videoScale, times: Float64Array.of(0) }
        const other = { timescale: rate, times: Float64Array.of(0) }
        const timeline = new LoopTimeline(one, other, passLength)
        for (let pass = 0; pass < 20; pass++) {
          const [first, second] = [timeline.next(), timeline.next()]
          const [picture, frame] = first.track === 'video' ? [first, second] : [second, first]
          expect(picture.decodeTime).toBe(pass * passLength)
          const exact = (pass * passLength * rate) / videoScale
          expect(Math.abs(frame.decodeTime - exact)).toBeLessThanOrEqual(0.5)
        }
      },
    ),
  )
})

test('video alone', () => {
  const timeline = new LoopTimeline({ timescale: 10, times: Float64Array.of(0, 3) }, undefined, 5)
  expect(Array.from({ length: 5 }, () => timeline.next().decodeTime)).toEqual([0, 3, 5, 8, 10])
})
