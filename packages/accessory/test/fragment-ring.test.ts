import { expect, test } from 'vitest'

import { FragmentRing } from '../src/recording/fragment-ring.ts'

const never = new AbortController().signal
const of = (byteLength: number) => ({ byteLength })
const limits = { keepMs: 10_000, maxAgeMs: 20_000, maxBytes: 100 }

test('keeps what is young enough, and the newest in any case', async () => {
  const ring = new FragmentRing(limits)
  ring.push(of(1), 0)
  ring.push(of(2), 10_000)
  expect([ring.byteLength, ring.nextNumber]).toEqual([3, 2])
  ring.push(of(4), 10_001)
  expect(ring.byteLength).toBe(6)
  expect(await ring.read(0, never)).toBeUndefined()
  expect(await ring.read(1, never)).toMatchObject({ number: 1, endedAt: 10_000 })
  ring.push(of(8), 90_000)
  expect(ring.byteLength).toBe(8)
})

test('keeps no more bytes than it may, but for one fragment', async () => {
  const ring = new FragmentRing(limits)
  for (let i = 0; i < 5; i++) ring.push(of(30), i)
  expect(ring.byteLength).toBe(90)
  expect(ring.firstSince(-1)).toBe(2)
  ring.push(of(1000), 5)
  expect(ring.byteLength).toBe(1000)
  expect(await ring.read(5, never)).toMatchObject({ fragment: of(1000) })
})

test('finds where the past begins', () => {
  const ring = new FragmentRing(limits)
  expect(ring.firstSince(0)).toBe(0)
  for (const time of [1000, 2000, 3000]) ring.push(of(1), time)
  expect(ring.firstSince(0)).toBe(0)
  expect(ring.firstSince(1000)).toBe(1)
  expect(ring.firstSince(2999)).toBe(2)
  expect(ring.firstSince(3000)).toBe(3)
})

test('wakes every reader with the next fragment', async () => {
  const ring = new FragmentRing(limits)
  const readers = [ring.read(0, never), ring.read(1, never), ring.read(0, never)]
  ring.push(of(1), 0)
  expect((await Promise.all([readers[0], readers[2]])).map(one => one?.number)).toEqual([0, 0])
  ring.push(of(2), 1)
  expect((await readers[1])?.fragment).toEqual(of(2))
})

test('a reader that is aborted gets nothing, before or while it waits', async () => {
  const ring = new FragmentRing(limits)
  expect(await ring.read(0, AbortSignal.abort())).toBeUndefined()
  const stop = new AbortController()
  const reading = ring.read(0, stop.signal)
  stop.abort()
  expect(await reading).toBeUndefined()
})

test('numbers go on when everything was forgotten', async () => {
  const ring = new FragmentRing(limits)
  ring.push(of(1), 0)
  ring.clear()
  expect([ring.byteLength, ring.nextNumber, ring.firstSince(-1)]).toEqual([0, 1, 1])
  expect(await ring.read(0, never)).toBeUndefined()
  ring.push(of(2), 1)
  expect((await ring.read(1, never))?.number).toBe(1)
})

test('keeps for a reader what it has not read, but not for ever', async () => {
  const ring = new FragmentRing(limits)
  const position = { next: 0 }
  ring.push(of(1), 0)
  const release = ring.hold(position)
  for (const time of [15_000, 20_000]) ring.push(of(1), time)
  expect(ring.byteLength).toBe(3)
  ring.push(of(1), 20_001)
  expect(ring.byteLength).toBe(3)
  position.next = 2
  ring.push(of(1), 31_000)
  expect(await ring.read(1, never)).toBeUndefined()
  expect(await ring.read(2, never)).toMatchObject({ number: 2 })
  release()
  ring.push(of(1), 31_001)
  expect(await ring.read(2, never)).toBeUndefined()
})

test('a reader holds no more bytes than there may be', async () => {
  const ring = new FragmentRing(limits)
  ring.hold({ next: 0 })
  for (let time = 0; time < 5; time++) ring.push(of(30), time)
  expect(ring.byteLength).toBe(90)
  expect(await ring.read(1, never)).toBeUndefined()
})
