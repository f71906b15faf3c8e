// The least that sending a recording can cost: the payloads are ready, each is sealed by node:crypto in
// one piece and written to a socket that has room for two.
import { createCipheriv, createSecretKey } from 'node:crypto'
import { createServer } from 'node:net'
import { performance } from 'node:perf_hooks'

import { chooseProvider } from '@hksv/crypto/node'
import { CHUNK_LENGTH, encodePayload, HdsAccessory } from '@hksv/hds'
import { dictionary } from '@hksv/hds/opack'

import { prepareMedia, renderRecording } from '../media.mjs'
import { serve } from './serve.mjs'

const HIGH_WATER_MARK = 2 * CHUNK_LENGTH
const EVENT = { kind: 'event', protocol: 'dataSend', topic: 'data' }
/** Frames that were sent when the payloads begin: the answers to hello and open. */
const FRAMES_BEFORE = 2n

let payloads
let wanted = 0

/** The payloads of the initialization, and of each fragment. */
function payloadsOf({ init, fragments }) {
  return [init, ...fragments].map((data, i) => {
    const dataType = i === 0 ? 'mediaInitialization' : 'mediaFragment'
    return chunksOf(data).map((chunk, j, chunks) => {
      const metadata = dictionary({
        dataType,
        dataSequenceNumber: i + 1,
        dataChunkSequenceNumber: j + 1,
        isLastDataChunk: j === chunks.length - 1,
        dataTotalSize: j === 0 ? data.length : undefined,
      })
      const packet = dictionary({ data: chunk, metadata })
      return Buffer.concat(encodePayload(EVENT, dictionary({ streamId: 1, packets: [packet] })))
    })
  })
}

function chunksOf(data) {
  const count = Math.ceil(data.length / CHUNK_LENGTH)
  return Array.from({ length: count }, (_, i) =>
    data.subarray(i * CHUNK_LENGTH, (i + 1) * CHUNK_LENGTH),
  )
}

/** Answers hello and open as a camera does, then sends. */
function accept(socket, keys) {
  const crypto = chooseProvider()
  const machine = new HdsAccessory({ crypto, keys, now: performance.now() })
  socket.on('error', () => socket.destroy())
  socket.on('data', bytes => {
    const events = machine.receive(bytes, performance.now())
    const open = events.find(({ type }) => type === 'recording-requested')
    const { streamId } = open ?? {}
    if (open) machine.send({ type: 'accept-recording', streamId }, performance.now())
    for (let piece = machine.take(); piece !== undefined; piece = machine.take())
      socket.write(piece)
    if (open) sendAll(socket, createSecretKey(keys.accessoryToController))
  })
}

/** The fragments come again and again with the numbers that they have: hubs do not mind. */
function* recordingOf(count) {
  const [init, ...fragments] = payloads
  yield* init
  for (let i = 0; i < count; i++) yield* fragments[i % fragments.length]
}

function sendAll(socket, key) {
  const recording = recordingOf(wanted)
  let counter = FRAMES_BEFORE
  const nonce = Buffer.alloc(12)
  const flush = () => {
    socket.cork()
    while (!socket.writableNeedDrain) {
      const { value: payload } = recording.next()
      if (payload === undefined) break
      nonce.writeBigUInt64LE(counter++, 4)
      const header = Buffer.allocUnsafe(4)
      header.writeUInt32BE(0x0100_0000 + payload.length)
      const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
      cipher.setAAD(header, { plaintextLength: payload.length })
      const ciphertext = cipher.update(payload)
      cipher.final()
      socket.write(header)
      socket.write(ciphertext)
      socket.write(cipher.getAuthTag())
    }
    socket.uncork()
  }
  socket.on('drain', flush)
  flush()
}

serve({
  /** Listens for one recording after the other with these keys, both in hexadecimal. */
  async start({ groups, accessoryToController, controllerToAccessory }) {
    payloads = payloadsOf(renderRecording(await prepareMedia(groups)))
    const keys = {
      accessoryToController: new Uint8Array(Buffer.from(accessoryToController, 'hex')),
      controllerToAccessory: new Uint8Array(Buffer.from(controllerToAccessory, 'hex')),
    }
    const options = { highWaterMark: HIGH_WATER_MARK, noDelay: true }
    const server = createServer(options, socket => accept(socket, keys))
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
    return server.address().port
  },
  deliver(count) {
    wanted = count
  },
})
