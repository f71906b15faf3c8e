import { portableProvider } from '@hksv/crypto'
import { nodeProvider } from '@hksv/crypto/node'
import type { HdsHubEvent } from '@hksv/hds'
import { describe, expect, it } from 'vitest'

import { Pair } from './pair.ts'

function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + seed) & 0xff)
}

function fragment(streamId: number, length: number, seed = 1) {
  return {
    type: 'send-fragment',
    streamId,
    dataType: seed === 0 ? 'mediaInitialization' : 'mediaFragment',
    parts: [pattern(length, seed)],
  } as const
}

function fragments(events: readonly HdsHubEvent[]) {
  return events.filter(event => event.type === 'fragment')
}

describe.each([nodeProvider, portableProvider])('a recording ($name)', crypto => {
  it.each([Number.POSITIVE_INFINITY, 1000, 7])('in pieces of %d bytes, ended by the hub', cut => {
    const pair = new Pair({ crypto, cut, delayMs: 3 })
    pair.settle()
    expect(pair.look()).toEqual({ accessory: [{ type: 'ready' }], hub: [{ type: 'ready' }] })
    pair.sendHub({ type: 'open-recording', reason: 'record' })
    pair.settle()
    expect(pair.look()).toEqual({
      accessory: [{ type: 'recording-requested', streamId: 1, reason: 'record' }],
      hub: [{ type: 'opening', streamId: 1 }],
    })
    pair.sendAccessory({ type: 'accept-recording', streamId: 1 })
    pair.sendAccessory(fragment(1, 1143, 0))
    pair.sendAccessory(fragment(1, 5000))
    pair.settle()
    expect(pair.look().hub).toEqual([
      { type: 'opened', streamId: 1 },
      {
        type: 'fragment',
        streamId: 1,
        sequence: 1,
        dataType: 'mediaInitialization',
        data: pattern(1143, 0),
        chunks: 1,
        isEndOfStream: false,
      },
      {
        type: 'fragment',
        streamId: 1,
        sequence: 2,
        dataType: 'mediaFragment',
        data: pattern(5000, 1),
        chunks: 1,
        isEndOfStream: false,
      },
    ])
    pair.sendHub({ type: 'close-recording', streamId: 1, reason: 0 })
    pair.settle()
    expect(pair.look()).toEqual({
      accessory: [{ type: 'recording-closed', streamId: 1, by: 'hub', reason: 0 }],
      hub: [],
    })
    expect(pair.deadline()).toBeUndefined()
  })
})

describe('the end of a recording', () => {
  it('is the fragment flagged endOfStream, and acknowledged', () => {
    const pair = Pair.recording()
    pair.sendAccessory(fragment(1, 100, 0))
    pair.sendAccessory({ ...fragment(1, 600_000), endOfStream: true })
    pair.settle()
    const { hub } = pair.look()
    expect(
      fragments(hub).map(event => [event.sequence, event.chunks, event.isEndOfStream]),
    ).toEqual([
      [1, 1, false],
      [2, 3, true],
    ])
    expect(hub.at(-1)).toEqual({ type: 'ended', streamId: 1 })
    expect(pair.hub.deadline()).toBeUndefined()
    pair.sendHub({ type: 'acknowledge', streamId: 1 })
    pair.settle()
    expect(pair.look()).toEqual({ accessory: [{ type: 'acknowledged', streamId: 1 }], hub: [] })
    expect(pair.deadline()).toBeUndefined()
  })

  it('can be a close from the hub instead of the acknowledgement', () => {
    const pair = Pair.recording()
    pair.sendAccessory(fragment(1, 100, 0))
    pair.sendAccessory({ ...fragment(1, 100), endOfStream: true })
    pair.settle()
    pair.look()
    pair.sendHub({ type: 'close-recording', streamId: 1, reason: 5 })
    pair.settle()
    expect(pair.look().accessory).toEqual([
      { type: 'recording-closed', streamId: 1, by: 'hub', reason: 5 },
    ])
  })

  it('expires 12 s after the last fragment when the hub is silent', () => {
    const pair = Pair.recording()
    pair.sendAccessory(fragment(1, 100, 0))
    pair.sendAccessory({ ...fragment(1, 100), endOfStream: true })
    pair.settle()
    pair.look()
    const sentAt = pair.now
    pair.expire()
    expect(pair.now - sentAt).toBe(12_000)
    expect(pair.look()).toEqual({
      accessory: [{ type: 'recording-expired', streamId: 1 }],
      hub: [{ type: 'recording-closed', streamId: 1, by: 'accessory', reason: 3 }],
    })
    // The hub's program may find out too late.
    pair.sendHub({ type: 'acknowledge', streamId: 1 })
    pair.settle()
    expect(pair.look()).toEqual({ accessory: [], hub: [] })
  })

  it('does not expire while the last fragment is still queued', () => {
    const pair = Pair.recording({ readTimeoutMs: 600_000 })
    pair.sendAccessory(fragment(1, 100, 0))
    pair.stalled.add('accessory')
    pair.sendAccessory({ ...fragment(1, 300_000), endOfStream: true })
    pair.pass(30_000)
    expect(pair.look().accessory).toEqual([])
    pair.stalled.delete('accessory')
    pair.settle()
    expect(pair.look().hub.at(-1)).toEqual({ type: 'ended', streamId: 1 })
    pair.expire()
    expect(pair.look().accessory).toEqual([{ type: 'recording-expired', streamId: 1 }])
  })

  it('can be the accessory closing', () => {
    const pair = Pair.recording()
    pair.sendAccessory(fragment(1, 100, 0))
    pair.sendAccessory({ type: 'close-recording', streamId: 1, reason: 5 })
    pair.settle()
    expect(pair.look()).toEqual({
      accessory: [],
      hub: [{ type: 'recording-closed', streamId: 1, by: 'accessory', reason: 5 }],
    })
    // Its program may go on for a moment.
    pair.sendAccessory(fragment(1, 100))
    expect(pair.accessory.take()).toBeUndefined()
  })

  it('lets the next recording begin on the same connection', () => {
    const pair = Pair.recording()
    pair.sendAccessory(fragment(1, 100, 0))
    pair.sendHub({ type: 'close-recording', streamId: 1, reason: 0 })
    pair.sendHub({ type: 'open-recording' })
    pair.settle()
    expect(pair.look().accessory).toEqual([
      { type: 'recording-closed', streamId: 1, by: 'hub', reason: 0 },
      { type: 'recording-requested', streamId: 2, reason: 'record' },
    ])
    pair.sendAccessory({ type: 'accept-recording', streamId: 2 })
    pair.sendAccessory(fragment(2, 50, 0))
    pair.settle()
    expect(fragments(pair.look().hub)).toMatchObject([{ streamId: 2, sequence: 1 }])
  })
})

describe('refusing a recording', () => {
  it.each([1, 2, 9])('with reason %d', reason => {
    const pair = Pair.ready()
    pair.sendHub({ type: 'open-recording' })
    pair.settle()
    pair.look()
    pair.sendAccessory({ type: 'refuse-recording', streamId: 1, reason })
    pair.settle()
    expect(pair.look().hub).toEqual([{ type: 'refused', streamId: 1, status: 6, reason }])
  })

  it('by closing it before it was accepted', () => {
    const pair = Pair.ready()
    pair.sendHub({ type: 'open-recording' })
    pair.settle()
    pair.look()
    pair.sendAccessory({ type: 'close-recording', streamId: 1, reason: 1 })
    pair.settle()
    expect(pair.look().hub).toEqual([{ type: 'refused', streamId: 1, status: 6, reason: 1 }])
  })

  it('after 5 s is a late answer, and a late acceptance is closed with reason 6', () => {
    const pair = Pair.ready()
    pair.sendHub({ type: 'open-recording' })
    pair.settle()
    pair.look()
    const openedAt = pair.now
    pair.expire()
    expect(pair.now - openedAt).toBe(5000)
    expect(pair.look().hub).toEqual([{ type: 'open-timed-out', streamId: 1 }])
    pair.sendAccessory({ type: 'accept-recording', streamId: 1 })
    pair.sendAccessory(fragment(1, 100, 0))
    pair.settle()
    expect(pair.look()).toEqual({
      accessory: [{ type: 'recording-closed', streamId: 1, by: 'hub', reason: 6 }],
      hub: [{ type: 'notice', rule: 'unknown-stream', detail: 'data' }],
    })
  })

  it('is what happens to an opening that the hub takes back', () => {
    const pair = Pair.ready()
    pair.sendHub({ type: 'open-recording' })
    pair.settle()
    pair.look()
    pair.sendHub({ type: 'close-recording', streamId: 1, reason: 3 })
    pair.sendAccessory({ type: 'accept-recording', streamId: 1 })
    pair.settle()
    expect(pair.look()).toEqual({
      accessory: [{ type: 'recording-closed', streamId: 1, by: 'hub', reason: 3 }],
      hub: [],
    })
  })
})

describe('timers of the connection', () => {
  it.each(['accessory', 'hub'] as const)('the %s fails 10 s without hello', side => {
    const pair = new Pair()
    pair.lost.add(side === 'hub' ? 'accessory' : 'hub')
    const start = pair.now
    pair.settle()
    pair.expire()
    expect(pair.now - start).toBe(10_000)
    expect(pair.look()[side].at(-1)).toMatchObject({
      type: 'failed',
      error: { code: 'HDS_HELLO_TIMEOUT' },
    })
    expect(pair[side].deadline()).toBeUndefined()
    expect(pair[side].take()).toBeUndefined()
  })

  it.each([undefined, 4500])(
    'the hub closes a recording that starves (timeout %s ms)',
    readTimeoutMs => {
      const pair = Pair.recording(readTimeoutMs === undefined ? {} : { readTimeoutMs })
      const expected = readTimeoutMs ?? 8000
      pair.pass(expected - 1)
      pair.sendAccessory(fragment(1, 100, 0))
      pair.settle()
      expect(fragments(pair.look().hub)).toHaveLength(1)
      const lastAt = pair.now
      pair.expire()
      expect(pair.now - lastAt).toBe(expected)
      expect(pair.look()).toMatchObject({
        accessory: [{ type: 'recording-closed', reason: 6 }],
        hub: [{ type: 'violation', streamId: 1, reason: 6, rule: 'read-timeout' }],
      })
    },
  )

  it('re-arms the read timer for every chunk, not only for fragments', () => {
    const pair = Pair.recording()
    pair.sendAccessory(fragment(1, 100, 0))
    pair.settle()
    pair.sendAccessory(fragment(1, 700_000))
    pair.stalled.add('accessory')
    for (let chunk = 0; chunk < 3; chunk++) {
      pair.pass(7000)
      const frames = pair.accessory
      // header, head, start of the message, data, rest, tag
      for (let piece = 0; piece < 6; piece++) pair.inject('hub', frames.take() ?? new Uint8Array())
    }
    expect(pair.accessory.take()).toBeUndefined()
    expect(fragments(pair.look().hub).map(event => event.sequence)).toEqual([1, 2])
  })

  it.each(['accessory', 'hub'] as const)(
    'the %s fails on a frame that stands still for 30 s',
    side => {
      const pair = Pair.ready()
      pair.inject(side, Uint8Array.of(1, 0, 0, 50, 1, 2, 3))
      const start = pair.now
      pair.expire()
      expect(pair.now - start).toBe(30_000)
      expect(pair.look()[side]).toMatchObject([
        { type: 'failed', error: { code: 'HDS_FRAME_TIMEOUT' } },
      ])
    },
  )
})
