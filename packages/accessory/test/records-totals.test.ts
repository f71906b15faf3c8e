import fc from 'fast-check'
import { expect, test, vi } from 'vitest'

import { EventKeeper } from '../src/records/event-keeper.ts'
import type { EventRecord } from '../src/records/event-record.ts'
import { parseEventRecord } from '../src/records/event-schema.ts'
import { virtualTime } from './support/virtual-hub.ts'

const media = {
  video: { codec: 'h264', width: 1920, height: 1080, hasBFrames: false },
  hasAudio: true,
} as const
const hub = { controllerId: 'hub', address: '10.0.0.2' }
const some = { queuedBytes: 1000, prebufferMs: 4000, hasBFrames: false }
const armed = { source: 'control', readiness: 'armed', told: ['hub', 'phone'] } as const

function kept() {
  const records: EventRecord[] = []
  const keeper = new EventKeeper({
    camera: 'Porch',
    lastId: 0,
    now: () => performance.now(),
    changed: record => records.push(record),
  })
  return { keeper, records }
}

test('counts as it happens, also what a record has no room for', () => {
  virtualTime()
  const { keeper } = kept()
  keeper.sourceFailed('between events')
  for (let i = 0; i < 100; i++) {
    keeper.triggered('motion', armed)
    keeper.moving(true)
    keeper.refused(hub, `reason ${i}`)
    vi.advanceTimersByTime(400)
    const account = keeper.granted(hub, media)
    account.initSent(100)
    vi.advanceTimersByTime(40)
    account.fragmentSent(1000, { ...some, durationMs: 4000 })
    account.fragmentSent(1000, some)
    account.ended('hub', i === 99 ? 'cancelled' : 'normal')
    account.ended('connection', 'connection lost')
  }
  const before = keeper.totals
  expect(before).toMatchObject({
    events: { recorded: 0, interrupted: 0 },
    recordings: [
      { by: 'hub', reason: 'normal', count: 99 },
      { by: 'hub', reason: 'cancelled', count: 1 },
    ],
    refusals: [{ reason: 'other', count: 100 }],
    fragments: 200,
    bytes: 210_000,
    sourceFailures: 1,
    openDelay: { count: 1, sumMs: 400 },
    firstFragmentDelay: { count: 100, sumMs: 4000 },
  })
  const counts = before.openDelay.buckets.map(({ atMostMs, count }) => [atMostMs, count])
  expect(counts.slice(2, 5)).toEqual([
    [250, 0],
    [500, 1],
    [1000, 1],
  ])
  keeper.moving(false)
  vi.advanceTimersByTime(8000)
  expect(before.events.recorded).toBe(0)
  expect(keeper.totals.events.recorded).toBe(1)
})

test('whatever happens in whatever order: one final record each that can be read, and the totals of all', () => {
  const step = fc.oneof(
    fc.constantFrom(
      ...(['motion', 'still', 'refused', 'open', 'end', 'fail', 'set up', 'hello'] as const),
      ...(['init', 'fragment', 'twice'] as const),
    ),
    fc.integer({ min: 1, max: 20_000 }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
      const { keeper, records } = kept()
      const accounts: ReturnType<EventKeeper['granted']>[] = []
      const ended: typeof accounts = []
      const end = (account = accounts.pop()) => {
        account?.ended('hub', 'normal')
        if (account) ended.push(account)
      }
      const key = {}
      const acts: Record<string, () => void> = {
        motion: () => {
          keeper.triggered('motion', armed)
          keeper.moving(true)
        },
        still: () => keeper.moving(false),
        refused: () => keeper.refused(hub, 'busy'),
        open: () => accounts.push(keeper.granted(hub, media)),
        end: () => end(),
        twice: () => end(ended.at(-1)),
        fail: () => keeper.sourceFailed('unplugged'),
        'set up': () => keeper.setUp(key, 'hub'),
        hello: () => keeper.hello(key),
        init: () => accounts.at(-1)?.initSent(1),
        fragment: () => accounts.at(-1)?.fragmentSent(1000, some),
      }
      for (const one of steps) {
        if (typeof one === 'number') vi.advanceTimersByTime(one)
        else acts[one]?.()
      }
      keeper.close()
      vi.advanceTimersByTime(60_000)
      vi.useRealTimers()
      const ids = new Set(records.map(({ id }) => id))
      expect(records).toHaveLength(2 * ids.size)
      for (const id of ids) {
        const [first, last] = records.filter(one => one.id === id)
        expect(first?.outcome).toBe('pending')
        expect(last?.outcome).not.toBe('pending')
      }
      const final = records.filter(({ outcome }) => outcome !== 'pending')
      const recordings = final.flatMap(one => one.recordings)
      const granted = recordings.filter(({ refused }) => refused === undefined)
      const { totals } = keeper
      const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)
      expect(sum(Object.values(totals.events))).toBe(final.length)
      for (const one of final) {
        const alike = final.filter(({ outcome }) => outcome === one.outcome)
        expect(totals.events).toHaveProperty([one.outcome], alike.length)
      }
      expect(sum(totals.recordings.map(({ count }) => count))).toBe(granted.length)
      expect(granted.every(one => one.ended !== undefined)).toBe(true)
      expect(sum(totals.refusals.map(({ count }) => count))).toBe(
        recordings.length - granted.length,
      )
      expect(totals.bytes).toBe(sum(granted.map(({ bytes = 0 }) => bytes)))
      expect(totals.fragments).toBe(sum(granted.map(({ fragments = 0 }) => fragments)))
      expect(totals.firstFragmentDelay.count).toBe(
        granted.filter(({ fragments = 0 }) => fragments > 0).length,
      )
      expect(totals.sourceFailures).toBe(steps.filter(one => one === 'fail').length)
      for (const one of records) {
        expect(parseEventRecord(JSON.parse(JSON.stringify(one)))).toEqual(one)
      }
    }),
  )
})
