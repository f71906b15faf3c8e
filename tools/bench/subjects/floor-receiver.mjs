// The least that receiving a recording can cost: a socket is read, and each frame opened by node:crypto
// when it is there. Nothing is made of it but a count.
import { createDecipheriv, createSecretKey } from 'node:crypto'
import { connect } from 'node:net'

import { chooseProvider } from '@hksv/crypto/node'
import { HdsHub } from '@hksv/hds'

import { serve } from './serve.mjs'

const TAG_LENGTH = 16
const HEADER_LENGTH = 4
/** Frames that came before the media: the answers to hello and open. */
const FRAMES_BEFORE = 2n
/** The metadata stand in front of the media or behind them; "true" is 1. */
const LAST_CHUNK = Buffer.concat([Buffer.from('isLastDataChunk'), Buffer.of(1)])
const METADATA_LENGTH = 400

const crypto = chooseProvider()
let socket
let received = { fragments: 0, bytes: 0 }
let wake = () => undefined

/** Resolves with what came behind the answer when the camera has accepted the recording. */
function opened(machine) {
  const take = () => {
    for (let piece = machine.take(); piece !== undefined; piece = machine.take())
      socket.write(piece)
  }
  let rest = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('connect', take)
    socket.on('data', function answered(bytes) {
      rest = Buffer.concat([rest, bytes])
      while (rest.length >= HEADER_LENGTH && rest.length >= frameLength(rest)) {
        const frame = rest.subarray(0, frameLength(rest))
        rest = rest.subarray(frame.length)
        const types = machine.receive(frame, performance.now()).map(({ type }) => type)
        if (types.includes('ready')) machine.send({ type: 'open-recording' }, performance.now())
        take()
        if (types.includes('refused')) reject(new Error('refused'))
        if (!types.includes('opened')) continue
        socket.off('data', answered)
        resolve(rest)
        return
      }
    })
  })
}

function frameLength(head) {
  return HEADER_LENGTH + head.readUIntBE(1, 3) + TAG_LENGTH
}

/** Opens frame after frame. */
function openerOf(key) {
  const nonce = Buffer.alloc(12)
  let counter = FRAMES_BEFORE
  let parts = []
  let length = 0
  return bytes => {
    parts.push(bytes)
    length += bytes.length
    while (length >= HEADER_LENGTH) {
      const head = parts[0].length >= HEADER_LENGTH ? parts[0] : Buffer.concat(parts)
      const frame = frameLength(head)
      if (length < frame) return
      const all = parts.length === 1 ? parts[0] : Buffer.concat(parts)
      nonce.writeBigUInt64LE(counter++, 4)
      note(openFrame(key, nonce, all.subarray(0, frame)))
      parts = [all.subarray(frame)]
      length -= frame
    }
  }
}

function openFrame(key, nonce, frame) {
  const end = frame.length - TAG_LENGTH
  const cipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_LENGTH })
  cipher.setAAD(frame.subarray(0, HEADER_LENGTH), { plaintextLength: end - HEADER_LENGTH })
  cipher.setAuthTag(frame.subarray(end))
  const plaintext = cipher.update(frame.subarray(HEADER_LENGTH, end))
  cipher.final()
  return plaintext
}

function note(plaintext) {
  received.bytes += plaintext.length
  const isLast =
    plaintext.subarray(-METADATA_LENGTH).includes(LAST_CHUNK) ||
    plaintext.subarray(0, METADATA_LENGTH).includes(LAST_CHUNK)
  if (isLast) received.fragments++
  wake()
}

serve({
  /** Opens a recording; keys in hexadecimal. */
  async open({ port, keys }) {
    const hex = name => new Uint8Array(Buffer.from(keys[name], 'hex'))
    const accessoryToController = hex('accessoryToController')
    const machine = new HdsHub({
      crypto,
      keys: { accessoryToController, controllerToAccessory: hex('controllerToAccessory') },
      random: length => crypto.random(length),
      now: performance.now(),
    })
    // The initialization ends with a last chunk too.
    received = { fragments: -1, bytes: 0 }
    socket = connect({ host: '127.0.0.1', port, noDelay: true })
    const opener = openerOf(createSecretKey(accessoryToController))
    const rest = await opened(machine)
    opener(rest)
    socket.on('data', opener)
    socket.on('close', () => wake())
  },
  /** Resolves with the bytes so far when `count` fragments are there. */
  async read(count) {
    while (received.fragments < count) {
      if (socket.closed) throw new Error(`it was closed after ${received.fragments} fragments`)
      await new Promise(resolve => {
        wake = resolve
      })
    }
    return received.bytes
  },
  close: () => socket.destroy(),
})
