import { nodeProvider } from '@hksv/crypto/node'
import { HdsHub } from '@hksv/hds'
import { dictionary, encode, type OpackInput } from '@hksv/hds/opack'
import { describe, expect, it } from 'vitest'

import { keys } from './pair.ts'
import {
  packet,
  RawPeer,
  rawAccessory,
  readyRawAccessory,
  recordingRawAccessory,
  requestId,
} from './raw-peer.ts'

type Message = Readonly<Record<string, OpackInput | undefined>>

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7)
const data = (...packets: OpackInput[]): Message => ({ streamId: 1, packets })
const initialization = data(packet(1, 1, true, bytes(9), { dataTotalSize: 9 }))
const end: Message = { streamId: 1, endOfStream: true }

describe('a hub puts up with', () => {
  const tolerated: readonly (readonly [string, string | undefined, ...Message[]])[] = [
    ['a gap between fragments', 'sequence-gap', initialization, data(packet(7, 1, true, bytes(1)))],
    [
      'dataTotalSize on a later chunk',
      'total-size-ignored',
      data(packet(1, 1, false, bytes(1)), packet(1, 2, true, bytes(1), { dataTotalSize: 99 })),
    ],
    [
      'a dataTotalSize that is text',
      'total-size-ignored',
      data(packet(1, 1, true, bytes(1), { dataTotalSize: '1' })),
    ],
    ['no dataTotalSize', undefined, data(packet(1, 1, true, bytes(1)))],
    ['isLastDataChunk as a number', 'numeric-flag', data(packet(1, 1, 1, bytes(1)))],
    ['endOfStream as a number', 'numeric-flag', { ...initialization, endOfStream: 0 }],
    ['unknown keys', undefined, { ...data(packet(1, 1, true, bytes(1), { more: 1 })), more: [] }],
    [
      'several packets at once',
      undefined,
      data(
        packet(1, 1, true, bytes(1)),
        packet(2, 1, false, bytes(1)),
        packet(2, 2, true, bytes(1)),
      ),
    ],
  ]
  const rows = tolerated.map(([name, rule, ...messages]) => ({ name, rule, messages }))
  it.each(rows)('$name', ({ rule, messages }) => {
    const peer = recordingRawAccessory()
    const events = messages.flatMap(message => peer.event('data', message))
    const notices = events.flatMap(event => (event.type === 'notice' ? [event.rule] : []))
    expect(notices).toEqual(rule === undefined ? [] : [rule])
    expect(events.at(-1)?.type).toBe('fragment')
    expect(peer.read()).toEqual([])
  })

  it('no packets and no end, without re-arming the timer', () => {
    const peer = recordingRawAccessory()
    peer.now = 5000
    expect(peer.event('data', data())).toEqual([])
    expect(peer.machine.deadline()).toBe(8000)
    expect(peer.event('data', initialization)).toHaveLength(1)
    expect(peer.machine.deadline()).toBe(13_000)
  })

  it('an end without packets, and data after it', () => {
    const peer = recordingRawAccessory()
    peer.event('data', initialization)
    expect(peer.event('data', end)).toEqual([{ type: 'ended', streamId: 1 }])
    expect(peer.event('data', data(packet(2, 1, true, bytes(1))))).toEqual([
      { type: 'notice', rule: 'unexpected-event', detail: 'data while ended' },
    ])
    peer.machine.send({ type: 'acknowledge', streamId: 1 }, 0)
    expect(peer.read()).toEqual([
      {
        header: { kind: 'event', protocol: 'dataSend', topic: 'ack' },
        message: new Map<string, unknown>([
          ['streamId', 1],
          ['endOfStream', true],
        ]),
      },
    ])
  })

  it.each([
    ['no reason', {}, 5],
    ['a reason that is text', { reason: 'x' }, 5],
    ['a reason under status', { status: 1 }, 1],
    ['an unknown reason', { reason: 77 }, 77],
  ])('a close with %s', (_, fields, reason) => {
    const peer = recordingRawAccessory()
    expect(peer.event('close', { streamId: 1, ...fields })).toEqual([
      { type: 'recording-closed', streamId: 1, by: 'accessory', reason },
    ])
    expect(peer.event('close', { streamId: 1, ...fields })).toEqual([
      { type: 'notice', rule: 'unknown-stream', detail: 'close' },
    ])
    expect(peer.read()).toEqual([])
  })
})

describe('hello at a hub', () => {
  it.each([
    [
      'another id',
      (peer: ReturnType<typeof rawAccessory>, id: number) =>
        peer.response('hello', id + 1, 0, {}, 'control'),
    ],
    [
      'another topic',
      (peer: ReturnType<typeof rawAccessory>, id: number) =>
        peer.response('version', id, 0, {}, 'control'),
    ],
    [
      'another protocol',
      (peer: ReturnType<typeof rawAccessory>, id: number) => peer.response('hello', id, 0),
    ],
    [
      'a bad status',
      (peer: ReturnType<typeof rawAccessory>, id: number) =>
        peer.response('hello', id, 1, {}, 'control'),
    ],
    ['an event', (peer: ReturnType<typeof rawAccessory>) => peer.event('data', initialization)],
    [
      'a request',
      (peer: ReturnType<typeof rawAccessory>, id: number) =>
        peer.request('hello', id, {}, 'control'),
    ],
  ])('fails on %s', (_, answer) => {
    const peer = rawAccessory()
    const events = answer(peer, Number(requestId(peer.read())))
    expect(events).toMatchObject([{ type: 'failed', error: { code: 'HDS_HELLO' } }])
    expect(peer.response('hello', 1, 0, {}, 'control')).toEqual([])
    expect(peer.machine.send({ type: 'open-recording' }, 0)).toEqual([])
    expect(peer.machine.deadline()).toBeUndefined()
  })

  it('fails on a payload that is none', () => {
    const peer = rawAccessory()
    expect(peer.payload(new Uint8Array(3))).toMatchObject([
      { type: 'failed', error: { code: 'HDS_HEADER' } },
    ])
  })

  it('is a request with a random number of 256 or more, and no two are alike', () => {
    const peer = readyRawAccessory()
    const ids = new Set<unknown>()
    for (let i = 0; i < 5; i++) {
      peer.machine.send({ type: 'open-recording' }, 0)
      const id = requestId(peer.read())
      expect(id).toBeGreaterThanOrEqual(256)
      expect(id).toBeLessThan(2 ** 31 - 1)
      ids.add(id)
      expect(peer.response('open', id, 6, { status: 2 })).toMatchObject([
        { type: 'refused', streamId: i + 1, status: 6, reason: 2 },
      ])
    }
    expect(ids.size).toBe(5)
  })
})

describe('a hub answers', () => {
  it('requests it does not know with status 5', () => {
    const peer = readyRawAccessory()
    expect(peer.request('version', 3, {}, 'control')).toMatchObject([{ rule: 'unknown-request' }])
    expect(peer.read()).toEqual([
      {
        header: { kind: 'response', protocol: 'control', topic: 'version', id: 3, status: 5 },
        message: new Map(),
      },
    ])
  })

  it('a response or event it does not know with a notice', () => {
    const peer = readyRawAccessory()
    expect(peer.response('open', 3, 0)).toMatchObject([{ rule: 'unknown-response' }])
    expect(peer.event('whoami', {}, 'targetControl')).toMatchObject([{ rule: 'unknown-event' }])
    expect(peer.event('ack', { streamId: 1 })).toMatchObject([{ rule: 'unexpected-event' }])
    expect(peer.event('data', initialization)).toMatchObject([{ rule: 'unknown-stream' }])
    expect(peer.read()).toEqual([])
  })

  it('a refusal without a reason by its status', () => {
    const peer = readyRawAccessory()
    peer.machine.send({ type: 'open-recording', reason: 'live' }, 0)
    expect(peer.response('open', requestId(peer.read()), 4)).toEqual([
      { type: 'refused', streamId: 1, status: 4, reason: undefined },
    ])
  })
})

describe('commands for a hub', () => {
  it('are refused in the wrong state', () => {
    const early = rawAccessory()
    expect(() => early.machine.send({ type: 'open-recording' }, 0)).toThrow(TypeError)
    const peer = recordingRawAccessory()
    expect(() => peer.machine.send({ type: 'open-recording' }, 0)).toThrow(TypeError)
    expect(() => peer.machine.send({ type: 'acknowledge', streamId: 1 }, 0)).toThrow(TypeError)
  })

  it('do nothing for a stream that is over', () => {
    const peer = readyRawAccessory()
    peer.machine.send({ type: 'close-recording', streamId: 1, reason: 0 }, 0)
    peer.machine.send({ type: 'acknowledge', streamId: 1 }, 0)
    expect(peer.read()).toEqual([])
  })
})

describe('what accessories in the field write', () => {
  /** A header of HAP-NodeJS: `extra` first shifts its references against Apple's. */
  function hapNodeJsHello(id: number): Uint8Array {
    const word = (text: string): Uint8Array => encode(text)
    const integer = new Uint8Array(4)
    new DataView(integer.buffer).setInt32(0, id, true)
    const header = Buffer.concat([
      Uint8Array.of(0xe5),
      word('extra'),
      Uint8Array.of(0x08),
      word('protocol'),
      word('control'),
      word('response'),
      word('hello'),
      word('id'),
      Uint8Array.of(0x32, ...integer),
      word('status'),
      // The 0 of `extra` is slot 1 there; Apple's slot 1 is the text "protocol".
      Uint8Array.of(0xa1),
    ])
    return Buffer.concat([Uint8Array.of(header.length), header, Uint8Array.of(0xe0)])
  }

  it('is read by the rule of HAP-NodeJS when a header makes no sense', () => {
    const peer = rawAccessory()
    const id = Number(requestId(peer.read()))
    expect(peer.payload(hapNodeJsHello(id))).toEqual([
      { type: 'notice', rule: 'hapnodejs-references', detail: 'hello' },
      { type: 'ready' },
    ])
  })

  it('may be followed by bytes', () => {
    const peer = recordingRawAccessory()
    const header = encode(dictionary({ protocol: 'dataSend', event: 'close' }))
    const message = encode(dictionary({ streamId: 1, reason: 3 }))
    const rest = Uint8Array.of(0x08)
    const events = peer.payload(Uint8Array.of(header.length), header, message, rest)
    expect(events).toMatchObject([
      { type: 'notice', rule: 'trailing-bytes' },
      { type: 'recording-closed', reason: 3 },
    ])
  })

  it('is counted when it is malformed, and the eighth ends the connection', () => {
    const peer = recordingRawAccessory()
    for (let i = 0; i < 7; i++) {
      expect(peer.payload(Uint8Array.of(1, 0xe0, 0xd0))).toMatchObject([{ rule: 'bad-message' }])
    }
    const header = encode(dictionary({ protocol: 'dataSend', request: 'open', id: 1 }))
    expect(peer.payload(Uint8Array.of(header.length), header, Uint8Array.of(0xd0))).toMatchObject([
      { rule: 'bad-request' },
      { type: 'failed', error: { code: 'HDS_TOO_MANY_BAD_MESSAGES' } },
    ])
    expect(peer.read()).toEqual([])
  })
})

describe('an opening that the accessory closes before its answer', () => {
  it('is over, and closed with reason 6 when the answer comes', () => {
    const peer = readyRawAccessory()
    peer.machine.send({ type: 'open-recording' }, 0)
    const id = requestId(peer.read())
    expect(peer.event('close', { streamId: 1, reason: 5 })).toEqual([
      { type: 'recording-closed', streamId: 1, by: 'accessory', reason: 5 },
    ])
    expect(peer.response('open', id, 0, { status: 0 })).toEqual([])
    expect(peer.read()).toMatchObject([{ header: { topic: 'close' } }])
    expect(peer.response('open', id, 0, { status: 0 })).toMatchObject([
      { rule: 'unknown-response' },
    ])
  })
})

it('draws another number when the random ones come again', () => {
  const random = (length: number): Uint8Array => new Uint8Array(length).fill(1)
  const machine = new HdsHub({ crypto: nodeProvider, keys, random, now: 0 })
  const peer = new RawPeer(machine, 'accessory')
  const first = requestId(peer.read())
  peer.response('hello', first, 0, {}, 'control')
  machine.send({ type: 'open-recording' }, 0)
  expect(requestId(peer.read())).toBe(Number(first) + 1)
})
