import { type HdsViolation, hdsViolations } from '@hksv/hds'
import { dictionary, type OpackInput } from '@hksv/hds/opack'
import { describe, expect, it } from 'vitest'

import { packet, recordingRawAccessory } from './raw-peer.ts'

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
