import { isDeepStrictEqual } from 'node:util'

import { HttpRequestParser, isHapError } from '@hksv/hap'

const LIMIT = 512

/** Bytes from 80 on stand for these, so that the fuzzer need not guess them. */
const words = [
  'GET /accessories HTTP/1.1\r\n',
  'PUT /characteristics HTTP/1.1\r\n',
  'POST /pair-setup HTTP/1.0\r\n',
  'Content-Length: ',
  'Content-Type: ',
  'Transfer-Encoding: ',
  'Host: a\r\n',
  '\r\n',
  '\r\n\r\n',
  ...Array.from({ length: 10 }, (_, i) => `${2 ** i}`),
].map(word => Buffer.from(word))

/** The first byte says how the stream is cut: cutting must not matter. */
export function fuzz(data) {
  const [size = 0] = data
  const parts = [...new Uint8Array(data).subarray(1)].map(
    byte => words[byte - 0x80] ?? Uint8Array.of(byte),
  )
  const stream = new Uint8Array(Buffer.concat(parts))
  const whole = read(stream, stream.length)
  for (const other of [read(stream, size + 1), read(stream, 1)]) {
    if (!isDeepStrictEqual(whole, other)) throw new Error(`${whole.code}, cut ${other.code}`)
  }
}

function read(stream, size) {
  const parser = new HttpRequestParser({ maxLength: LIMIT })
  const requests = []
  try {
    for (let at = 0; at < stream.length; ) {
      const before = at
      at += parser.receive(stream.subarray(at, Math.min(stream.length, before + size)))
      const request = parser.take()
      if (request !== undefined) requests.push(request)
      else if (at === before) throw new Error('no progress')
      if (parser.pendingLength > LIMIT) throw new Error(`${parser.pendingLength} bytes kept`)
    }
  } catch (error) {
    if (!isHapError(error)) throw error
    return { code: error.code, requests }
  }
  return { code: undefined, requests }
}
