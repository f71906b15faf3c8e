import { expect, test } from 'vitest'

import { Thinning } from '../src/live/thinning.ts'

/** Sixty-four of 256: a quarter is lost. */
const LOSSY = 64

/** A source of so many kbit/s, for so long; ten pictures a second. */
function feed(thinning: Thinning, kbps: number, from: number, ms = 4000): number {
  const bytes = (kbps * 1000) / 8 / 10
  for (let at = from; at < from + ms; at += 100) thinning.count(bytes, at)
  return from + ms
}

test('the bit rate is that of the last four seconds', () => {
  const thinning = new Thinning(300)
  const now = feed(thinning, 1000, 0)
  expect(thinning.bitRate).toBe(1_000_000)
  feed(thinning, 200, now)
  expect(thinning.bitRate).toBe(200_000)
})

test('two reports of loss in a row make key frames go alone, for ten seconds', () => {
  const thinning = new Thinning(300)
  const now = feed(thinning, 1000, 0)
  expect(thinning.report(LOSSY, now)).toBe(false)
  expect(thinning.report(0, now)).toBe(false)
  expect(thinning.report(LOSSY, now)).toBe(false)
  expect(thinning.report(LOSSY, now)).toBe(true)
  expect(thinning.isThin(now + 9999)).toBe(true)
  expect(thinning.isThin(now + 10_000)).toBe(false)
})

test('a source that keeps to what was asked for is never thinned', () => {
  const thinning = new Thinning(1000)
  const now = feed(thinning, 1400, 0)
  for (let i = 0; i < 10; i++) expect(thinning.report(255, now)).toBe(false)
})

test('loss that comes back soon is waited for twice as long, and eighty seconds at most', () => {
  const thinning = new Thinning(300)
  const pauses: number[] = []
  let now = feed(thinning, 1000, 0)
  for (let i = 0; i < 5; i++) {
    thinning.report(LOSSY, now)
    expect(thinning.report(LOSSY, now)).toBe(true)
    let until = now
    while (thinning.isThin(until)) until += 1000
    pauses.push(until - now)
    now = feed(thinning, 1000, until)
  }
  expect(pauses).toEqual([10_000, 20_000, 40_000, 80_000, 80_000])
  // It went well for longer than that.
  now = feed(thinning, 1000, now + 200_000)
  thinning.report(LOSSY, now)
  thinning.report(LOSSY, now)
  expect(thinning.isThin(now + 9999)).toBe(true)
  expect(thinning.isThin(now + 10_000)).toBe(false)
})

test('a viewer that asks for another bit rate begins anew', () => {
  const thinning = new Thinning(300)
  const now = feed(thinning, 1000, 0)
  thinning.report(LOSSY, now)
  thinning.report(LOSSY, now)
  thinning.maxKbps = 2000
  expect(thinning.isThin(now)).toBe(false)
  thinning.report(LOSSY, now)
  expect(thinning.report(LOSSY, now)).toBe(false)
})
