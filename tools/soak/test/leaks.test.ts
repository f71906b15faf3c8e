import { expect, test } from 'vitest'

import { growthOf, leastSquares, moreThan } from '../leaks.mjs'

const MB = 1e6

/** Samples of five minutes, one a second, with noise of the same shape every time. */
function samplesOf(kept: (second: number) => number) {
  return Array.from({ length: 300 }, (_, second) => {
    const noise = ((second * 7919) % 13) / 13 - 0.5
    const heapUsed = 9 * MB + kept(second) + noise * 0.2 * MB
    return { at: second * 1000, heapUsed, rss: 90 * MB + kept(second) + noise * 4 * MB }
  })
}

test('a line is found again, and how sure it is', () => {
  const exact = leastSquares([0, 1, 2, 3].map(x => [x, 5 + 2 * x]))
  expect(exact).toEqual({ slope: 2, error: 0 })
  expect(leastSquares([0, 1, 2, 3].map(x => [x, x % 2])).error).toBeGreaterThan(0.1)
})

test('what goes up and down is no leak', () => {
  const { heapUsed, rss } = growthOf(samplesOf(() => 0))
  expect([heapUsed.isLeak, rss.isLeak]).toEqual([false, false])
  expect(Math.abs(heapUsed.megabytesAnHour)).toBeLessThan(1)
})

test('what a camera keeps of its first minute is no leak', () => {
  expect(growthOf(samplesOf(second => Math.min(second, 60) * 0.05 * MB)).heapUsed.isLeak).toBe(
    false,
  )
})

test('ten kilobytes a second are one', () => {
  const { heapUsed } = growthOf(samplesOf(second => second * 0.01 * MB))
  expect(heapUsed.isLeak).toBe(true)
  expect(heapUsed.megabytesAnHour).toBeCloseTo(36, 0)
})

test('only what there is more of is told', () => {
  expect(
    moreThan({ Timeout: 2, TCPSocketWrap: 3 }, { Timeout: 1, TCPSocketWrap: 4, Pipe: 1 }),
  ).toEqual(['TCPSocketWrap: 3, then 4', 'Pipe: 0, then 1'])
})
