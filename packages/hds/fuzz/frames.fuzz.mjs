import { nodeProvider } from '@hksv/crypto/node'
import { FrameOpener, FrameSealer, isHdsError } from '@hksv/hds'

import { plainCrypto } from './plain-crypto.mjs'

const key = new Uint8Array(32)
const maxPayloadLength = 600
/** A header and a message. */
const MIN_PAYLOAD = 3

/** The first byte says how the stream is cut: cutting must not matter. */
export function fuzz(data) {
  const [size = 0] = data
  const stream = new Uint8Array(data).subarray(1)
  const whole = open(plainCrypto, stream, stream.length)
  for (const other of [open(plainCrypto, stream, size + 1), open(plainCrypto, stream, 1)]) {
    if (whole.code !== other.code) throw new Error(`${whole.code}, cut ${other.code}`)
    if (whole.text !== other.text) throw new Error('cut differs')
  }
  if (stream.length < MIN_PAYLOAD) return
  const sealed = Buffer.concat(new FrameSealer(nodeProvider, key).seal([stream]))
  const opened = open(nodeProvider, sealed, size + 1, {})
  if (opened.text !== Buffer.from(stream).toString('hex')) throw new Error('not what was sealed')
}

function open(crypto, stream, size, options = { maxPayloadLength }) {
  const opener = new FrameOpener(crypto, key, options)
  const opened = []
  let code
  try {
    for (let at = 0; at < stream.length; at += size) {
      opener.push(stream.subarray(at, at + size))
      for (let payload = opener.next(); payload; payload = opener.next()) opened.push(payload)
    }
  } catch (error) {
    if (!isHdsError(error)) throw error
    ;({ code } = error)
  }
  if (opener.pendingLength > Math.max(stream.length, maxPayloadLength)) throw new Error('too much')
  return { code, text: opened.map(payload => Buffer.from(payload).toString('hex')).join() }
}
