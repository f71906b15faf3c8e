import { type HdsViolation, hdsViolations } from '@hksv/hds'
import { dictionary, type OpackInput } from '@hksv/hds/opack'
import { describe, expect, it } from 'vitest'

import {
  packet,
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

const violations: readonly (readonly [string, HdsViolation, ...Message[]])[] = [
  ['packets are missing', 'packets-malformed', { streamId: 1 }],
  ['packets are no array', 'packets-malformed', { streamId: 1, packets: 'x' }],
  ['a packet is no dictionary', 'packets-malformed', data(1)],
  [
    '17 packets',
    'packets-malformed',
    data(...Array.from({ length: 17 }, () => packet(1, 1, true, bytes(1)))),
  ],
  ['data is missing', 'data-malformed', data(dictionary({ metadata: dictionary({}) }))],
  ['data is text', 'data-malformed', data(packet(1, 1, true, 'text'))],
  ['metadata is missing', 'metadata-malformed', data(dictionary({ data: bytes(1) }))],
  [
    'metadata is an array',
    'metadata-malformed',
    data(dictionary({ data: bytes(1), metadata: [] })),
  ],
  ...(
    ['dataType', 'dataSequenceNumber', 'dataChunkSequenceNumber', 'isLastDataChunk'] as const
  ).flatMap(
    key =>
      [
        [
          `${key} is missing`,
          'metadata-malformed',
          data(packet(1, 1, true, bytes(1), { [key]: undefined })),
        ],
        [
          `${key} is null`,
          'metadata-malformed',
          data(packet(1, 1, true, bytes(1), { [key]: null })),
        ],
        [
          `${key} is data`,
          'metadata-malformed',
          data(packet(1, 1, true, bytes(1), { [key]: bytes(2) })),
        ],
      ] as const,
  ),
  ['isLastDataChunk is text', 'metadata-malformed', data(packet(1, 1, 'true', bytes(1)))],
  [
    'dataSequenceNumber is text',
    'metadata-malformed',
    data(packet(1, 1, true, bytes(1), { dataSequenceNumber: '1' })),
  ],
  ['endOfStream is text', 'end-of-stream-malformed', { ...initialization, endOfStream: 'yes' }],
  ['endOfStream is null', 'end-of-stream-malformed', { ...initialization, endOfStream: null }],
  [
    'endOfStream on a chunk that is not the last',
    'end-of-stream-inside-fragment',
    { ...data(packet(1, 1, false, bytes(1))), endOfStream: true },
  ],
  [
    'endOfStream without packets inside a fragment',
    'end-of-stream-inside-fragment',
    data(packet(1, 1, false, bytes(1))),
    end,
  ],
  ['the first chunk is number 2', 'chunk-out-of-order', data(packet(1, 2, true, bytes(1)))],
  ['the first chunk is number 0', 'chunk-out-of-order', data(packet(1, 0, true, bytes(1)))],
  [
    'a chunk is missing',
    'chunk-out-of-order',
    data(packet(1, 1, false, bytes(1))),
    data(packet(1, 3, true, bytes(1))),
  ],
  [
    'a chunk comes twice',
    'chunk-out-of-order',
    data(packet(1, 1, false, bytes(1)), packet(1, 1, true, bytes(1))),
  ],
  [
    'the sequence changes inside a fragment',
    'fragment-changed',
    initialization,
    data(packet(2, 1, false, bytes(1)), packet(3, 2, true, bytes(1))),
  ],
  [
    'the type changes inside a fragment',
    'fragment-changed',
    data(
      packet(1, 1, false, bytes(1)),
      packet(1, 2, true, bytes(1), { dataType: 'mediaFragment' }),
    ),
  ],
  [
    'a chunk of 900 KiB and a byte',
    'chunk-too-long',
    data(packet(1, 1, true, bytes(900 * 1024 + 1))),
  ],
  [
    '32 MiB and a byte announced',
    'fragment-too-long',
    data(packet(1, 1, false, bytes(1), { dataTotalSize: 32 * 1024 * 1024 + 1 })),
  ],
  [
    '33 MiB sent',
    'fragment-too-long',
    ...Array.from({ length: 37 }, (_, i) => data(packet(1, i + 1, false, bytes(900 * 1024)))),
  ],
  [
    'fewer bytes than announced',
    'total-size-mismatch',
    data(packet(1, 1, true, bytes(9), { dataTotalSize: 10 })),
  ],
  [
    'more bytes than announced, at the last chunk',
    'total-size-mismatch',
    data(packet(1, 1, true, bytes(9), { dataTotalSize: 8 })),
  ],
  [
    'more bytes than announced, before the last chunk',
    'total-size-mismatch',
    data(packet(1, 1, false, bytes(9), { dataTotalSize: 8 })),
  ],
  [
    'a fragment without a byte',
    'fragment-empty',
    initialization,
    data(packet(2, 1, true, bytes(0))),
  ],
  ['the first fragment is number 2', 'initialization-missing', data(packet(2, 1, true, bytes(1)))],
  [
    'the first fragment is media',
    'initialization-missing',
    data(packet(1, 1, true, bytes(1), { dataType: 'mediaFragment' })),
  ],
  [
    'the first fragment is of unknown type',
    'initialization-missing',
    data(packet(1, 1, true, bytes(1), { dataType: 'media' })),
  ],
  ['the stream ends before it began', 'initialization-missing', end],
  [
    'a second initialization',
    'fragment-unexpected',
    initialization,
    data(packet(2, 1, true, bytes(1), { dataType: 'mediaInitialization' })),
  ],
  [
    'number 1 again',
    'fragment-unexpected',
    initialization,
    data(packet(1, 1, true, bytes(1), { dataType: 'mediaFragment' })),
  ],
  [
    'an unknown type',
    'fragment-unexpected',
    initialization,
    data(packet(2, 1, true, bytes(1), { dataType: 'thumbnail' })),
  ],
]

describe('a hub closes a recording when', () => {
  const rows = violations.map(([name, rule, ...messages]) => ({ name, rule, messages }))
  it.each(rows)('$name', ({ rule, messages }) => {
    const peer = recordingRawAccessory()
    const events = messages.flatMap(message => peer.event('data', message))
    const reason = hdsViolations[rule]
    expect(events.at(-1)).toMatchObject({ type: 'violation', streamId: 1, reason, rule })
    expect(events.filter(event => event.type === 'violation')).toHaveLength(1)
    const [close, ...more] = peer.read()
    expect(close).toEqual({
      header: { kind: 'event', protocol: 'dataSend', topic: 'close' },
      message: new Map([
        ['streamId', 1],
        ['reason', reason],
      ]),
    })
    expect(more).toEqual([])
    expect(peer.event('data', initialization)).toEqual([
      { type: 'notice', rule: 'unknown-stream', detail: 'data' },
    ])
    expect(peer.machine.deadline()).toBeUndefined()
  })

  it('every rule but the read timeout, which recording.test.ts has', () => {
    const seen = new Set(violations.map(([, rule]) => rule))
    expect(Object.keys(hdsViolations).filter(rule => !seen.has(rule as HdsViolation))).toEqual([
      'read-timeout',
    ])
  })
})

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
