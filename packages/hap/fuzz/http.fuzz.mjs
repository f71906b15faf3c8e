import { isDeepStrictEqual } from 'node:util'

import { HttpMessageParser, isHapError } from '@hksv/hap'

const limits = { maxHeadLength: 512, maxBodyLength: 1024 }

/** Bytes from 80 on stand for these, so that the fuzzer need not guess them. */
const words = [
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'EVENT/1.0 200 OK\r\n',
  'Content-Length: ',
  'Transfer-Encoding: chunked\r\n\r\n',
  'Transfer-Encoding: ',
  '\r\n',
  '\r\n\r\n',
  '0\r\n\r\n',
  '3\r\nabc\r\n',
  '400\r\n',
  ...Array.from({ length: 8 }, (_, i) => `${2 ** i}`),
].map(word => Buffer.from(word))

/** The first byte says how the stream is cut: cutting must not matter. */
export function fuzz(data) {
  const [size = 0] = data
  const parts = [...new Uint8Array(data).subarray(1)].map(
    byte => words[byte - 0x80] ?? Uint8Array.of(byte),
  )
  const stream = new Uint8Array(Buffer.concat(parts))
  const whole = read(stream, stream.length)
  const cut = read(stream, size + 1)
  const bytewise = read(stream, 1)
  for (const other of [cut, bytewise]) {
    if (whole.code !== other.code) throw new Error(`${whole.code}, cut ${other.code}`)
    // What came before an error in the same bytes is lost with it.
    if (whole.code === undefined && !isDeepStrictEqual(whole.messages, other.messages)) {
      throw new Error('cut differs')
    }
  }
}

function read(stream, size) {
  const parser = new HttpMessageParser(limits)
  const messages = []
  try {
    for (let at = 0; at < stream.length; at += size) {
      messages.push(...parser.receive(stream.subarray(at, at + size)))
      if (parser.pendingLength > 1024 + 512) throw new Error(`${parser.pendingLength} bytes kept`)
    }
  } catch (error) {
    if (!isHapError(error)) throw error
    return { code: error.code, messages }
  }
  return { code: undefined, messages }
}
