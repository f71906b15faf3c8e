// RTSP cameras that all send the same: 1080p H.264 of 2 Mbit/s and AAC-LC, over TCP, at real-time pace.
// Each moment of the stream is put into packets once and written to every connection, so that this
// process costs little and is not what is measured.
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { performance } from 'node:perf_hooks'

import { lengthPrefixedNalUnits } from '@hksv/media'

import { readRemuxInput } from '../remux-input.mjs'
import { serve } from './serve.mjs'

const HOST = '127.0.0.1'
const MAX_PAYLOAD = 1400
const TICK_MS = 5
const VIDEO = { channel: 0, payloadType: 96, clock: 90_000 }
const AUDIO = { channel: 2, payloadType: 97, clock: 32_000 }

const players = new Set()

/** The packets of one track, as interleaved frames. */
class Packetizer {
  #track
  #sequence = randomInt(0x10000)
  #start = randomInt(2 ** 32)
  #ssrc = randomInt(2 ** 32)

  constructor(track) {
    this.#track = track
  }

  /** @param {readonly Uint8Array[]} payloads Of one picture or frame, each in parts. */
  packets(payloads, seconds) {
    const { channel, payloadType, clock } = this.#track
    const timestamp = (this.#start + Math.round(seconds * clock)) >>> 0
    return payloads.flatMap((parts, i) => {
      const isLast = i === payloads.length - 1
      const length = parts.reduce((sum, part) => sum + part.length, 12)
      const head = Buffer.alloc(16)
      head.writeUInt8(0x24, 0)
      head.writeUInt8(channel, 1)
      head.writeUInt16BE(length, 2)
      head.writeUInt8(0x80, 4)
      head.writeUInt8((isLast ? 0x80 : 0) | payloadType, 5)
      head.writeUInt16BE(this.#sequence++ & 0xffff, 6)
      head.writeUInt32BE(timestamp, 8)
      head.writeUInt32BE(this.#ssrc, 12)
      return [head, ...parts]
    })
  }
}

/** @see RFC 6184 §5.6 and §5.8 */
function* videoPayloads(picture) {
  for (const nal of lengthPrefixedNalUnits(picture, 4)) {
    if (nal.length <= MAX_PAYLOAD) {
      yield [nal]
      continue
    }
    for (let at = 1; at < nal.length; at += MAX_PAYLOAD) {
      const end = Math.min(at + MAX_PAYLOAD, nal.length)
      const marks = (at === 1 ? 0x80 : 0) | (end === nal.length ? 0x40 : 0)
      yield [Uint8Array.of((nal[0] & 0xe0) | 28, marks | (nal[0] & 0x1f)), nal.subarray(at, end)]
    }
  }
}

/** @see RFC 3640 §3.3.6 */
function audioPayload(frame) {
  const header = Buffer.alloc(4)
  header.writeUInt16BE(16)
  header.writeUInt16BE(frame.length << 3, 2)
  return [header, frame]
}

/** Sends the samples again and again, each when its time has come. */
function play({ samples, video }) {
  const packetizers = { video: new Packetizer(VIDEO), audio: new Packetizer(AUDIO) }
  const duration = video.samples.endTime / video.timescale
  const startedAt = performance.now()
  let next = 0
  let loops = 0
  setInterval(() => {
    const now = (performance.now() - startedAt) / 1000
    const due = []
    while (samples[next].seconds + loops * duration <= now) {
      const { track, data, seconds } = samples[next]
      const payloads = track === 'video' ? [...videoPayloads(data)] : [audioPayload(data)]
      due.push(...packetizers[track].packets(payloads, seconds + loops * duration))
      next = (next + 1) % samples.length
      if (next === 0) loops++
    }
    if (due.length === 0) return
    const bytes = Buffer.concat(due)
    for (const socket of players) socket.write(bytes)
  }, TICK_MS)
}

function sdpOf({ video, audio }) {
  const sets = [...video.avc.sps, ...video.avc.pps].map(set => Buffer.from(set).toString('base64'))
  const config = Buffer.from(audio.audioSpecificConfig).toString('hex')
  const aac = `mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=${config}`
  return [
    ...['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=bench', 't=0 0', 'a=control:*'],
    ...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:video'],
    `a=fmtp:96 packetization-mode=1;sprop-parameter-sets=${sets.join(',')}`,
    ...['m=audio 0 RTP/AVP 97', `a=rtpmap:97 MPEG4-GENERIC/${AUDIO.clock}/1`, 'a=control:audio'],
    `a=fmtp:97 ${aac}`,
    '',
  ].join('\r\n')
}

/** What is answered, besides CSeq. */
const answers = {
  OPTIONS: () => ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER'],
  DESCRIBE: (_request, sdp) => ['Content-Type: application/sdp', `Content-Length: ${sdp.length}`],
  SETUP: request => [`Transport: ${/^transport: *(.+)$/im.exec(request)?.[1]}`, 'Session: 1'],
  PLAY: () => ['Session: 1'],
  TEARDOWN: () => [],
  GET_PARAMETER: () => ['Session: 1'],
}

function accept(socket, sdp) {
  let bytes = Buffer.alloc(0)
  socket.setNoDelay()
  socket.on('error', () => socket.destroy())
  socket.on('close', () => players.delete(socket))
  socket.on('data', piece => {
    bytes = Buffer.concat([bytes, piece])
    for (let length = itemLength(bytes); length > 0; length = itemLength(bytes)) {
      const item = bytes.subarray(0, length)
      bytes = bytes.subarray(length)
      // Receiver reports come between the requests.
      if (item[0] !== 0x24) answer(socket, item.toString('latin1'), sdp)
    }
  })
}

/** @returns The length of the frame or request that the bytes begin with; 0 when it is not all there. */
function itemLength(bytes) {
  if (bytes[0] !== 0x24) {
    const end = bytes.indexOf('\r\n\r\n')
    return end < 0 ? 0 : end + 4
  }
  const length = bytes.length < 4 ? Number.POSITIVE_INFINITY : 4 + bytes.readUInt16BE(2)
  return length > bytes.length ? 0 : length
}

function answer(socket, request, sdp) {
  const [method] = request.split(' ')
  const [sequence] = /(?<=^cseq: *)\d+/im.exec(request) ?? ['0']
  const lines = ['RTSP/1.0 200 OK', `CSeq: ${sequence}`, ...answers[method](request, sdp)]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${method === 'DESCRIBE' ? sdp : ''}`)
  if (method === 'PLAY') players.add(socket)
}

serve({
  /** @returns The port. */
  async start({ path }) {
    const input = await readRemuxInput(path)
    const sdp = sdpOf(input)
    play(input)
    const server = createServer(socket => accept(socket, sdp))
    await new Promise(resolve => server.listen(0, HOST, resolve))
    return server.address().port
  },
})
