import type { OpackInput } from '@hksv/hds/opack'
import { describe, expect, it } from 'vitest'

import { openMessage, rawHub, readyRawHub } from './raw-peer.ts'

/** A hub without rules, with stream 1 requested. */
function requestedRawHub() {
  const peer = readyRawHub()
  peer.request('open', 7, openMessage(1))
  return peer
}

/** The same with stream 1 accepted. */
function recordingRawHub() {
  const peer = requestedRawHub()
  peer.machine.send({ type: 'accept-recording', streamId: 1 }, 0)
  peer.read()
  return peer
}

const initialization = {
  type: 'send-fragment',
  streamId: 1,
  dataType: 'mediaInitialization',
  parts: [new Uint8Array(10)],
} as const
const media = { ...initialization, dataType: 'mediaFragment' } as const

function response(topic: string, id: OpackInput, status: number, protocol = 'dataSend') {
  return { kind: 'response', protocol, topic, id, status }
}

describe('hello at an accessory', () => {
  it.each([0, 39, 40, 2 ** 31, 2 ** 32 - 1, 2n ** 63n - 1n])('echoes the id %s', id => {
    const peer = rawHub()
    expect(peer.request('hello', id, {}, 'control')).toEqual([{ type: 'ready' }])
    expect(peer.read()).toEqual([
      { header: response('hello', id, 0, 'control'), message: new Map() },
    ])
    expect(peer.machine.deadline()).toBeUndefined()
  })

  it('is answered again, and resets nothing', () => {
    const peer = requestedRawHub()
    peer.read()
    expect(peer.request('hello', 8, {}, 'control')).toEqual([])
    expect(peer.read()).toMatchObject([{ header: { topic: 'hello', id: 8, status: 0 } }])
    peer.machine.send({ type: 'accept-recording', streamId: 1 }, 0)
    expect(peer.read()).toMatchObject([{ header: { topic: 'open', id: 7, status: 0 } }])
  })

  it.each([
    ['an open', (peer: ReturnType<typeof rawHub>) => peer.request('open', 1, openMessage(1))],
    ['an event', (peer: ReturnType<typeof rawHub>) => peer.event('hello', {}, 'control')],
    [
      'a response',
      (peer: ReturnType<typeof rawHub>) => peer.response('hello', 1, 0, {}, 'control'),
    ],
  ])('fails on %s instead', (_, send) => {
    const peer = rawHub()
    expect(send(peer)).toMatchObject([{ type: 'failed', error: { code: 'HDS_HELLO' } }])
    expect(peer.request('hello', 1, {}, 'control')).toEqual([])
    expect(peer.read()).toEqual([])
  })

  it('fails on a message that is none', () => {
    const peer = rawHub()
    const events = peer.payload(Uint8Array.of(0xff, 0, 0, 0))
    expect(events).toMatchObject([{ type: 'failed', error: { code: 'HDS_HEADER' } }])
  })
})

describe('a request to open', () => {
  it.each(['controller', 'home hub'])('is taken for the target %s', target => {
    const peer = readyRawHub()
    const events = peer.request('open', 7, { ...openMessage(541), target, metadata: new Map() })
    expect(events).toEqual([{ type: 'recording-requested', streamId: 541, reason: 'record' }])
    expect(peer.read()).toEqual([])
    peer.machine.send({ type: 'accept-recording', streamId: 541 }, 0)
    expect(peer.read()).toEqual([
      { header: response('open', 7, 0), message: new Map([['status', 0]]) },
    ])
  })

  it.each([
    ['no reason', { reason: undefined }],
    ['a reason that is a number', { reason: 3 }],
  ])('is taken with %s', (_, fields) => {
    const events = readyRawHub().request('open', 7, { ...openMessage(0), ...fields })
    expect(events).toEqual([{ type: 'recording-requested', streamId: 0 }])
  })

  it.each([
    ['target', 'siri'],
    ['target', undefined],
    ['target', 5],
    ['type', 'ipcamera.snapshot'],
    ['type', undefined],
  ])('is refused as unsupported when the %s is %s', (key, value) => {
    const peer = readyRawHub()
    const events = peer.request('open', 7, { ...openMessage(1), [key]: value })
    expect(events).toEqual([{ type: 'notice', rule: 'open-refused', detail: 'unsupported' }])
    expect(peer.read()).toEqual([
      { header: response('open', 7, 6), message: new Map([['status', 4]]) },
    ])
  })

  it.each([undefined, 'one', -1, 2n ** 60n, null, true])(
    'is a payload error with the streamId %s',
    streamId => {
      const peer = readyRawHub()
      const events = peer.request('open', 7, { ...openMessage(1), streamId })
      expect(events).toMatchObject([{ rule: 'bad-request' }])
      expect(peer.read()).toEqual([{ header: response('open', 7, 4), message: new Map() }])
    },
  )

  it.each([
    ['requested', requestedRawHub],
    ['recording', recordingRawHub],
    [
      'draining',
      () => {
        const peer = recordingRawHub()
        peer.machine.send(initialization, 0)
        peer.machine.send({ ...media, endOfStream: true }, 0)
        peer.read()
        return peer
      },
    ],
  ])('is refused as busy while another is %s', (_, make) => {
    const peer = make()
    for (const streamId of [1, 2]) {
      const events = peer.request('open', 8, openMessage(streamId))
      expect(events).toEqual([{ type: 'notice', rule: 'open-refused', detail: 'busy' }])
      expect(peer.read()).toEqual([
        { header: response('open', 8, 6), message: new Map([['status', 2]]) },
      ])
    }
  })

  it('that the hub takes back is answered all the same', () => {
    const peer = requestedRawHub()
    expect(peer.event('close', { streamId: 1, reason: 6 })).toMatchObject([
      { rule: 'open-refused' },
      { type: 'recording-closed', streamId: 1, by: 'hub', reason: 6 },
    ])
    expect(peer.read()).toEqual([
      { header: response('open', 7, 6), message: new Map([['status', 3]]) },
    ])
    expect(peer.machine.send({ type: 'accept-recording', streamId: 1 }, 0)).toEqual([])
    expect(peer.read()).toEqual([])
  })
})

describe('what a hub sends to an accessory that records', () => {
  it.each([
    ['no reason', {}, 0],
    ['a reason that is text', { reason: 'x' }, 5],
    ['a reason under status', { status: 3 }, 3],
    ['an unknown reason', { reason: 541 }, 541],
  ])('a close with %s', (_, fields, reason) => {
    const peer = recordingRawHub()
    expect(peer.event('close', { streamId: 1, ...fields })).toEqual([
      { type: 'recording-closed', streamId: 1, by: 'hub', reason },
    ])
    expect(peer.read()).toEqual([])
  })

  it.each([
    ['a close of another stream', 'unknown-stream', 'close', { streamId: 2, reason: 0 }],
    ['a close without a stream', 'unknown-stream', 'close', { reason: 0 }],
    ['an ack of another stream', 'unknown-stream', 'ack', { streamId: 2, endOfStream: true }],
    ['an ack before the end', 'unexpected-event', 'ack', { streamId: 1, endOfStream: true }],
    ['data', 'unexpected-event', 'data', { streamId: 1, packets: [] }],
    ['an unknown event', 'unknown-event', 'pause', { streamId: 1 }],
  ])('%s is ignored', (_, rule, topic, message) => {
    const peer = recordingRawHub()
    expect(peer.event(topic, message)).toMatchObject([{ type: 'notice', rule }])
    peer.machine.send(initialization, 0)
    expect(peer.read()).toHaveLength(1)
  })

  it('an ack that does not say endOfStream is ignored', () => {
    const peer = recordingRawHub()
    peer.machine.send(initialization, 0)
    peer.machine.send({ ...media, endOfStream: true }, 0)
    for (const endOfStream of [undefined, false, 1]) {
      const events = peer.event('ack', { streamId: 1, endOfStream })
      expect(events).toMatchObject([{ rule: 'unexpected-event' }])
    }
    expect(peer.event('ack', { streamId: 1, endOfStream: true })).toEqual([
      { type: 'acknowledged', streamId: 1 },
    ])
  })

  it('an unknown request is answered with status 5', () => {
    const peer = recordingRawHub()
    expect(peer.request('version', 9, {}, 'control')).toMatchObject([{ rule: 'unknown-request' }])
    expect(peer.read()).toEqual([
      { header: response('version', 9, 5, 'control'), message: new Map() },
    ])
  })

  it('a response is ignored', () => {
    expect(recordingRawHub().response('open', 1, 0)).toMatchObject([{ rule: 'unknown-response' }])
  })
})

describe('a hub that does not read', () => {
  it('gets 64 answers queued, and then the connection ends', () => {
    const peer = readyRawHub()
    for (let i = 0; i < 64; i++) peer.request('hello', i, {}, 'control')
    expect(peer.request('hello', 64, {}, 'control')).toMatchObject([
      { type: 'failed', error: { code: 'HDS_UNREAD_ANSWERS' } },
    ])
    expect(peer.machine.pendingLength).toBe(0)
  })

  it('may ask as often as it likes when it reads', () => {
    const peer = readyRawHub()
    for (let i = 0; i < 1000; i++) {
      expect(peer.request('hello', i, {}, 'control')).toEqual([])
      expect(peer.read()).toHaveLength(1)
    }
  })
})

describe('malformed messages', () => {
  it('are dropped, and the eighth ends the connection', () => {
    const peer = readyRawHub()
    for (let i = 0; i < 7; i++) {
      expect(peer.payload(Uint8Array.of(1, 0xe0, 0xe0))).toMatchObject([{ rule: 'bad-message' }])
    }
    expect(peer.payload(Uint8Array.of(1, 0xe0, 0xe0))).toMatchObject([
      { type: 'notice', rule: 'bad-message' },
      { type: 'failed', error: { code: 'HDS_TOO_MANY_BAD_MESSAGES' } },
    ])
    expect(peer.request('hello', 1, {}, 'control')).toEqual([])
  })

  it.each([
    ['none', []],
    ['an array', [0xd0]],
    ['cut short', [0xe1]],
    ['followed by bytes', [0xe0, 0x08]],
  ])('are answered with status 4 when the request makes sense and the body is %s', (_, body) => {
    const peer = readyRawHub()
    const header = Buffer.from(
      'e34870726f746f636f6c486461746153656e644772657175657374446f70656e42696409',
      'hex',
    )
    const events = peer.payload(Uint8Array.of(header.length), header, Uint8Array.from(body))
    expect(events).toMatchObject([{ rule: 'bad-request' }])
    expect(peer.read()).toEqual([{ header: response('open', 1, 4), message: new Map() }])
  })
})

describe('commands for an accessory', () => {
  it.each([
    ['media before it was accepted', requestedRawHub, initialization],
    ['media before the initialization', recordingRawHub, media],
    ['an empty initialization', recordingRawHub, { ...initialization, parts: [] }],
    [
      'a fragment of empty slices',
      recordingRawHub,
      { ...initialization, parts: [new Uint8Array()] },
    ],
    ['the end on the initialization', recordingRawHub, { ...initialization, endOfStream: true }],
    ['accepting twice', recordingRawHub, { type: 'accept-recording', streamId: 1 }],
    [
      'refusing after accepting',
      recordingRawHub,
      { type: 'refuse-recording', streamId: 1, reason: 1 },
    ],
  ] as const)('%s is refused', (_, make, command) => {
    const peer = make()
    peer.read()
    expect(() => peer.machine.send(command, 0)).toThrow(TypeError)
    expect(peer.read()).toEqual([])
  })

  it('a second initialization and media after the end are refused', () => {
    const peer = recordingRawHub()
    peer.machine.send(initialization, 0)
    expect(() => peer.machine.send(initialization, 0)).toThrow(TypeError)
    peer.machine.send({ ...media, endOfStream: true }, 0)
    expect(() => peer.machine.send(media, 0)).toThrow(TypeError)
    expect(peer.read()).toHaveLength(2)
  })

  it('do nothing for a stream that is not open', () => {
    const peer = readyRawHub()
    peer.machine.send(initialization, 0)
    peer.machine.send({ type: 'accept-recording', streamId: 1 }, 0)
    peer.machine.send({ type: 'close-recording', streamId: 1, reason: 0 }, 0)
    expect(peer.read()).toEqual([])
  })
})
