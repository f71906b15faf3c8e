import { nodeProvider } from '@hksv/crypto/node'
import { isHapError, RecordOpener, RecordSealer } from '@hksv/hap'

/** A cipher that does nothing, with a tag that begins with zero: it lets the fuzzer through. */
const aead = {
  seal: (_nonce, _aad, parts) => [...parts.map(part => Uint8Array.from(part)), new Uint8Array(16)],
  open: (_nonce, _aad, ciphertext, tag) => (tag[0] === 0 ? Uint8Array.from(ciphertext) : undefined),
}
const plain = { ...nodeProvider, aead: () => aead }
const key = new Uint8Array(32)

/** The first byte says how the stream is cut: cutting must not matter. */
export function fuzz(data) {
  const [size = 0] = data
  const stream = new Uint8Array(data).subarray(1)
  const whole = open(plain, stream, stream.length)
  const cut = open(plain, stream, size + 1)
  if (whole.code !== cut.code) throw new Error(`${whole.code} in one piece, ${cut.code} in several`)
  // What came before an error in the same bytes is lost with it.
  if (whole.code === undefined && !whole.bytes.equals(cut.bytes)) throw new Error('cut differs')

  const sealed = new RecordSealer(nodeProvider, key).seal(stream)
  const opened = open(nodeProvider, sealed, size + 1)
  if (!opened.bytes.equals(stream)) throw new Error('not what was sealed')
}

function open(crypto, stream, size) {
  const opener = new RecordOpener(crypto, key)
  const opened = []
  try {
    for (let at = 0; at < stream.length; at += size) {
      opened.push(...opener.open(stream.subarray(at, at + size)))
      if (opener.pendingLength > 1041) throw new Error(`${opener.pendingLength} bytes kept`)
    }
  } catch (error) {
    if (!isHapError(error)) throw error
    return { code: error.code, bytes: Buffer.concat(opened) }
  }
  return { code: undefined, bytes: Buffer.concat(opened) }
}
