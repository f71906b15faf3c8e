import { isMediaError } from '@hksv/media'
import { type RtspItem, type RtspLimits, RtspReader } from '@hksv/media/rtsp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ascii, frame, rtp } from './support/rtsp-camera.ts'

/** What a reader made of a stream. */
interface Read {
  readonly items: readonly unknown[]
  readonly code?: string
  readonly skipped: number
  readonly pending: number
}

const shown = (item: RtspItem) =>
  item.type === 'frame'
    ? [item.channel, Buffer.from(item.bytes).toString('hex')]
    : [
        item.type === 'response' ? item.status : item.method,
        Object.fromEntries(item.headers),
        Buffer.from(item.body).toString(),
      ]

function read(
  chunks: readonly Uint8Array[],
  channels: readonly number[] = [],
  limits: RtspLimits = {},
): Read {
  const reader = new RtspReader(limits)
  for (const channel of channels) reader.channels.add(channel)
  const items: unknown[] = []
  const end = () => ({ items, skipped: reader.skippedLength, pending: reader.pendingLength })
  try {
    // One memory takes piece after piece, as that of a socket does.
    const memory = new Uint8Array(Math.max(0, ...chunks.map(({ length }) => length)))
    for (const chunk of chunks) {
      memory.fill(0xa5).set(chunk)
      items.push(...reader.receive(memory.subarray(0, chunk.length)).map(shown))
    }
  } catch (error) {
    if (!isMediaError(error)) throw error
    return { ...end(), code: error.code }
  }
  return end()
}

const joined = (parts: readonly (string | Uint8Array)[]) =>
  new Uint8Array(Buffer.concat(parts.map(part => (typeof part === 'string' ? ascii(part) : part))))
const bytewise = (stream: Uint8Array) => [...stream].map(byte => Uint8Array.of(byte))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Reads a stream in one piece, byte by byte, and cut in two anywhere. */
function everyCut(parts: readonly (string | Uint8Array)[], channels: readonly number[] = []): Read {
  const stream = joined(parts)
  const whole = read([stream], channels)
  expect(read(bytewise(stream), channels)).toEqual(whole)
  for (let at = 1; at < stream.length; at++)
    expect(read([stream.subarray(0, at), stream.subarray(at)], channels)).toEqual(whole)
  return whole
}

const packet = rtp(5)

test.each<[string, readonly (string | Uint8Array)[], readonly unknown[]]>([
  ['a response', ['RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n'], [[200, { cseq: ['1'] }, '']]],
  [
    'a body',
    ['RTSP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nabc'],
    [[200, { 'content-length': ['3'] }, 'abc']],
  ],
  ['LF alone', ['RTSP/1.0 200 OK\nCSeq: 1\n\n'], [[200, { cseq: ['1'] }, '']]],
  ['no reason', ['RTSP/1.0 200\r\n\r\n'], [[200, {}, '']]],
  [
    'a header in two lines',
    ['RTSP/1.0 200 OK\r\nA: b,\r\n\tc\r\n\r\n'],
    [[200, { a: ['b, c'] }, '']],
  ],
  ['a header twice', ['RTSP/1.0 401 No\r\nA: b\r\na: c\r\n\r\n'], [[401, { a: ['b', 'c'] }, '']]],
  [
    'a line without a colon',
    ['RTSP/1.0 200 OK\r\nnonsense\r\nA:b\r\n\r\n'],
    [[200, { a: ['b'] }, '']],
  ],
  ['a control character', ['RTSP/1.0 200 OK\r\nA: b\0c\r\n\r\n'], [[200, { a: ['b c'] }, '']]],
  [
    'empty lines between',
    ['\r\n\r\nRTSP/1.0 200 OK\r\n\r\n\r\nRTSP/1.0 404 X\r\n\r\n'],
    [
      [200, {}, ''],
      [404, {}, ''],
    ],
  ],
  ['a request', ['OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n'], [['OPTIONS', { cseq: ['7'] }, '']]],
  [
    'frames',
    [frame(0, packet), frame(1, new Uint8Array(0)), frame(200, packet)],
    [
      [0, hex(packet)],
      [1, ''],
      [200, hex(packet)],
    ],
  ],
  [
    'a response between frames',
    [frame(0, packet), 'RTSP/1.0 200 OK\r\n\r\n', frame(0, packet)],
    [
      [0, hex(packet)],
      [200, {}, ''],
      [0, hex(packet)],
    ],
  ],
])('reads %s, however it is cut', (_, parts, items) => {
  expect(everyCut(parts)).toEqual({ items, skipped: 0, pending: 0 })
})

describe('out of step', () => {
  const lost = Uint8Array.of(0x24, 0, 0x05, 0x80, 0xff, 0x24, 9, 0, 20, 0x80, 0x24, 0, 0, 20, 0x40)
  test('goes on at a frame of a known channel, or at a message', () => {
    const good = frame(2, packet)
    const item = [2, hex(packet)]
    expect(everyCut([lost.subarray(4), good], [0, 2])).toMatchObject({ items: [item], skipped: 11 })
    expect(everyCut(['RTxyz', 'RTSP/1.0 200 OK\r\n\r\n', good], [2])).toMatchObject({
      items: [[200, {}, ''], item],
      skipped: 5,
    })
    expect(everyCut(['zz', 'RTSP/x\r\n\r\n', good], [2]).items).toEqual([item])
  })

  test('gives up', () => {
    expect(read([new Uint8Array(101)], [0], { maxSkippedLength: 100 }).code).toBe(
      'MEDIA_RTSP_PROTOCOL',
    )
    expect(read([new Uint8Array(100)], [0], { maxSkippedLength: 100 }).code).toBeUndefined()
  })
})

test.each<[string, string]>([
  ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['SSH', 'SSH-2.0-OpenSSH\r\n'],
  ['no status', 'RTSP/1.0 OK\r\n\r\n'],
  ['a status of two digits', 'RTSP/1.0 20 OK\r\n\r\n'],
  ['another request', 'TEARDOWN nowhere HTTP/1.1\r\n\r\n'],
  ['a length that is none', 'RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['a length of hexadecimal', 'RTSP/1.0 200 OK\r\nContent-Length: 0x10\r\n\r\n'],
  ['a body too long', 'RTSP/1.0 200 OK\r\nContent-Length: 262145\r\n\r\n'],
  ['a head too long', `RTSP/1.0 200 OK\r\nA: ${'b'.repeat(16 * 1024)}`],
  ['a head of many lines', `RTSP/1.0 200 OK\r\n${'A: b\r\n'.repeat(3000)}`],
])('refuses %s', (_, text) => {
  expect(read([ascii(text)]).code).toBe('MEDIA_RTSP_PROTOCOL')
  expect(read(bytewise(ascii(text))).code).toBe('MEDIA_RTSP_PROTOCOL')
})

test('takes memory for what came, not for what was announced', () => {
  const reader = new RtspReader()
  reader.receive(ascii('RTSP/1.0 200 OK\r\nContent-Length: 262144\r\n\r\nabc'))
  expect(reader.pendingLength).toBe(3)
})

test('a frame is a view of what was received', () => {
  const stream = frame(0, packet)
  const [item] = new RtspReader().receive(stream)
  expect(item?.type === 'frame' && item.bytes.buffer).toBe(stream.buffer)
})

describe('properties', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .tuple(fc.integer({ min: 0, max: 3 }), fc.uint8Array({ maxLength: 30 }))
      .map(([c, b]) => frame(c, b)),
    fc
      .constantFrom(
        'RTSP/1.0 200 OK\r\n',
        'Content-Length: 4\r\n',
        '\r\n',
        'OPTIONS * RTSP/1.0\r\n',
      )
      .map(ascii),
  )
  const stream = fc.array(piece, { maxLength: 12 }).map(joined)

  test('whatever comes, however it is cut, is read the same or refused', () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.nat(60), { minLength: 1 }),
        fc.boolean(),
        (bytes, sizes, isPlaying) => {
          const channels = isPlaying ? [0, 1] : []
          const chunks: Uint8Array[] = []
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = (sizes[i % sizes.length] ?? 0) + 1
            chunks.push(bytes.subarray(at, at + size))
            at += size
          }
          const [whole, cut] = [read([bytes], channels), read(chunks, channels)]
          expect(cut.code).toBe(whole.code)
          if (whole.code === undefined) expect(cut).toEqual(whole)
          expect(whole.pending).toBeLessThanOrEqual(bytes.length)
        },
      ),
    )
  })

  test('frames come as they were sent', () => {
    const frames = fc.array(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 3000 })), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 2000 }), (sent, size) => {
        const bytes = joined(sent.map(([channel, payload]) => frame(channel, payload)))
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        )
        expect(read(chunks).items).toEqual(
          sent.map(([channel, payload]) => [channel, hex(payload)]),
        )
      }),
    )
  })
})
