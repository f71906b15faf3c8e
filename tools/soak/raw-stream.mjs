import { once } from 'node:events'
import { connect } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import { characteristicOf } from '@hksv/hub'

import {
  decodePayload,
  decodeSetupResponse,
  deriveHdsKeys,
  encodePayload,
  encodeSetupRequest,
  FrameOpener,
  FrameSealer,
} from '../../packages/hds/dist/index.js'
import { dictionary } from '../../packages/hds/dist/opack/index.js'

const TIMEOUT_MS = 10_000

/** Sets a data stream up and leaves it at that. @returns Port and keys. */
export async function setUp(client) {
  const { sharedSecret, database } = client
  const service = database.service('dataStreamTransportManagement')
  const controllerKeySalt = crypto.random(32)
  const request = Buffer.from(encodeSetupRequest({ controllerKeySalt })).toString('base64')
  const characteristic = characteristicOf(service, 'setupDataStreamTransport')
  const answer = await client.writeWithResponse(characteristic, request)
  const { status, port, accessoryKeySalt } = decodeSetupResponse(Buffer.from(answer, 'base64'))
  if (status !== 'success') throw new Error(`no data stream: ${status}`)
  const keys = deriveHdsKeys(crypto, { sharedSecret, controllerKeySalt, accessoryKeySalt })
  return { port, keys }
}

/** A hub's end of a data stream that says whatever it is told, in whatever order. */
export class RawStream {
  socket
  #sealer
  #opener
  #received = []
  #wake = () => undefined
  #nextId = 1000

  constructor(socket, keys) {
    this.socket = socket
    this.#sealer = new FrameSealer(crypto, keys.controllerToAccessory)
    this.#opener = new FrameOpener(crypto, keys.accessoryToController)
    socket.on('data', bytes => {
      this.#opener.push(bytes)
      for (let next = this.#opener.next(); next !== undefined; next = this.#opener.next()) {
        this.#received.push(decodePayload(next))
      }
      this.#wake()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#wake())
  }

  /** A stream that has said hello. */
  static async open(client) {
    const { port, keys } = await setUp(client)
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect')
    const stream = new RawStream(socket, keys)
    await stream.request('control', 'hello', {})
    return stream
  }

  /** Asks for a recording. @returns The status of the answer, and that in its message. */
  async requestRecording(streamId, target = 'controller') {
    const type = 'ipcamera.recording'
    const fields = { streamId, type, target, reason: 'record' }
    const { header, message } = await this.request('dataSend', 'open', fields)
    return { status: header.status, reason: message.get('status') }
  }

  /** Sends a request. @returns What answers it. */
  request(protocol, topic, fields) {
    const id = this.#nextId++
    this.#send({ kind: 'request', protocol, topic, id }, fields)
    return this.next(({ header }) => header.kind === 'response' && header.id === id)
  }

  /** Sends an event. */
  event(protocol, topic, fields) {
    this.#send({ kind: 'event', protocol, topic }, fields)
  }

  /** The next message of this kind; those before it are forgotten. @throws Error when none comes. */
  async next(isWanted) {
    const deadline = AbortSignal.timeout(TIMEOUT_MS)
    const wake = () => this.#wake()
    deadline.addEventListener('abort', wake, { once: true })
    for (;;) {
      const at = this.#received.findIndex(isWanted)
      if (at >= 0) return this.#received.splice(0, at + 1).at(-1)
      if (deadline.aborted) throw new Error('the camera did not answer')
      if (this.socket.closed) throw new Error('the camera closed the data stream')
      await new Promise(resolve => {
        this.#wake = resolve
      })
    }
  }

  /** The next piece of media, of the initialization or of a fragment. */
  chunk() {
    return this.next(({ header }) => header.kind === 'event' && header.topic === 'data')
  }

  /** Resolves when the camera has ended the connection. @throws Error when it does not. */
  async closed() {
    if (this.socket.closed) return
    await once(this.socket, 'close', { signal: AbortSignal.timeout(TIMEOUT_MS) })
  }

  #send(header, fields) {
    const payload = encodePayload(header, dictionary(fields))
    this.socket.write(Buffer.concat(this.#sealer.seal(payload)))
  }
}
