import { isDeepStrictEqual } from 'node:util'

import { isMediaError } from '@hksv/media'

import { parseSdp, RtspReader } from '@hksv/media/rtsp'

const limits = { maxHeadLength: 512, maxBodyLength: 1024, maxSkippedLength: 256 }

/** Bytes from 80 on stand for these, so that the fuzzer need not guess them. */
const words = [
  'RTSP/1.0 200 OK\r\n',
  'RTSP/1.0 401 No\n',
  'OPTIONS * RTSP/1.0\r\n',
  'Content-Length: ',
  'CSeq: 1\r\n',
  '\r\n',
  '\r\n\r\n',
  '$\0\0\x04\x80abc',
  '$\x01\0\x08\x81abcdefg',
  '$\x07\0\x02',
  'm=video 0 RTP/AVP 96\r\n',
  'a=rtpmap:96 H264/90000\r\n',
  'a=fmtp:96 ',
  'a=control:',
].map(word => Buffer.from(word, 'latin1'))

/** The first byte says how the stream is cut, which must not matter, and whether frames are expected. */
export function fuzz(data) {
  const [how = 0] = data
  const parts = [...new Uint8Array(data).subarray(1)].map(
    byte => words[byte - 0x80] ?? Uint8Array.of(byte),
  )
  const stream = new Uint8Array(Buffer.concat(parts))
  parseSdp(Buffer.from(stream).toString('utf8'))
  const isPlaying = (how & 1) !== 0
  const whole = read(stream, stream.length, isPlaying)
  for (const size of [(how >>> 1) + 1, 1]) {
    const other = read(stream, size, isPlaying)
    if (whole.code !== other.code) throw new Error(`${whole.code}, cut ${other.code}`)
    // What came before an error in the same bytes is lost with it.
    if (whole.code === undefined && !isDeepStrictEqual(whole, other)) throw new Error('cut differs')
  }
}

function read(stream, size, isPlaying) {
  const reader = new RtspReader(limits)
  if (isPlaying) for (const channel of [0, 1]) reader.channels.add(channel)
  const items = []
  try {
    for (let at = 0; at < stream.length; at += size) {
      for (const item of reader.receive(stream.subarray(at, at + size)))
        items.push(
          item.bytes ? { ...item, bytes: [...item.bytes] } : { ...item, body: [...item.body] },
        )
      if (reader.pendingLength > 0xffff) throw new Error(`${reader.pendingLength} bytes kept`)
    }
  } catch (error) {
    if (!isMediaError(error)) throw error
    return { code: error.code, items }
  }
  return { code: undefined, items, skipped: reader.skippedLength }
}
