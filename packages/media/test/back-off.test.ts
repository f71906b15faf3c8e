import { BackOff, MediaError } from '@hksv/media'
import { expect, test } from 'vitest'

const waits = (backOff: BackOff, count: number, error?: unknown) =>
  Array.from({ length: count }, () => backOff.next(error))

test('waits 1 s, and ever longer up to 30 s', () => {
  expect(waits(new BackOff(() => 0), 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})

test('waits up to 5 min for somebody to change something', () => {
  const backOff = new BackOff(() => 0)
  const wrongPassword = new MediaError('MEDIA_RTSP_AUTH')
  expect(waits(backOff, 2, new MediaError('MEDIA_RTSP_UNREACHABLE'))).toEqual([1000, 2000])
  const expected = [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]
  expect(waits(backOff, 7, wrongPassword)).toEqual(expected)
  expect(waits(backOff, 2)).toEqual([1000, 2000])
})

test('begins anew after it went well', () => {
  const backOff = new BackOff(() => 0)
  waits(backOff, 5)
  backOff.reset()
  expect(waits(backOff, 2)).toEqual([1000, 2000])
})

test('spreads the waits', () => {
  expect(waits(new BackOff(() => 1), 2)).toEqual([750, 1500])
  const own = waits(new BackOff(), 100)
  expect(own.every((wait, i) => wait >= Math.min(1000 * 2 ** i, 30_000) * 0.75)).toBe(true)
  expect(new Set(own).size).toBeGreaterThan(10)
})
