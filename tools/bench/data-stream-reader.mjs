// The hub's end of a data stream, the same for whoever sends. Its CPU counts for nobody.
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'

import {
  dataSendReason,
  decodeSetupResponse,
  deriveHdsKeys,
  encodeSetupRequest,
  HdsHub,
} from '@hksv/hds'
import { characteristicOf } from '@hksv/hub'

/** Sets a data stream up over the HAP connection. @returns Where to connect, and the keys. */
export async function setUpDataStream({ client, crypto }) {
  const service = client.database.service('dataStreamTransportManagement')
  const characteristic = characteristicOf(service, 'setupDataStreamTransport')
  const controllerKeySalt = crypto.random(32)
  const request = Buffer.from(encodeSetupRequest({ controllerKeySalt })).toString('base64')
  const written = await client.writeWithResponse(characteristic, request)
  const response = decodeSetupResponse(Buffer.from(written, 'base64'))
  if (response.status !== 'success') throw new Error(`no data stream: ${response.status}`)
  const { port, accessoryKeySalt } = response
  const { sharedSecret } = client
  const keys = deriveHdsKeys(crypto, { sharedSecret, controllerKeySalt, accessoryKeySalt })
  return { port, keys }
}

/** One HDS connection on the loopback, for one recording. */
export class DataStreamReader {
  #socket
  #machine
  #received = {
    isReady: false,
    initializedAt: undefined,
    firstFragmentAt: undefined,
    fragments: 0,
    bytes: 0,
  }
  /** When the bytes came that are looked at. */
  #arrivedAt = 0
  #openedAt = 0
  #error
  #wake = () => undefined

  constructor({ crypto, port, keys }) {
    const random = length => crypto.random(length)
    this.#machine = new HdsHub({ crypto, keys, random, now: performance.now() })
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true })
    this.#socket.on('connect', () => this.#step([]))
    this.#socket.on('data', bytes => {
      this.#arrivedAt = performance.now()
      this.#step(this.#machine.receive(bytes, this.#arrivedAt))
    })
    this.#socket.on('error', error => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('the data stream was closed')))
  }

  /** @returns A connection whose hello was answered. */
  static async connect(options) {
    const reader = new DataStreamReader(options)
    await reader.#until(({ isReady }) => isReady)
    return reader
  }

  /** Opens a recording. @returns Milliseconds until the initialization came, not until it was read. */
  async open() {
    const events = this.#machine.send({ type: 'open-recording' }, performance.now())
    this.#openedAt = performance.now()
    this.#step(events)
    await this.#until(({ initializedAt }) => initializedAt !== undefined)
    return this.#received.initializedAt - this.#openedAt
  }

  /** Milliseconds from the open request until the last bytes of the first fragment arrived. */
  get fragmentMs() {
    return this.#received.firstFragmentAt - this.#openedAt
  }

  /** Resolves with the bytes of media so far when `count` fragments are there. */
  async read(count) {
    await this.#until(({ fragments }) => fragments >= count)
    return this.#received.bytes
  }

  /** Ends the recording and the connection; resolves when the other side has closed it too. */
  async close() {
    const closed = new Promise(resolve => this.#socket.once('close', resolve))
    const command = { type: 'close-recording', streamId: 1, reason: dataSendReason.normal }
    this.#step(this.#machine.send(command, performance.now()))
    this.#socket.end()
    await closed
  }

  async #until(isDone) {
    while (!isDone(this.#received)) {
      if (this.#error !== undefined) throw this.#error
      await new Promise(resolve => {
        this.#wake = resolve
      })
    }
  }

  #step(events) {
    for (let piece = this.#machine.take(); piece !== undefined; piece = this.#machine.take()) {
      this.#socket.write(piece)
    }
    for (const event of events) this.#note(event)
    this.#wake()
  }

  #note(event) {
    const received = this.#received
    if (event.type === 'ready') received.isReady = true
    else if (event.type === 'fragment') {
      received.bytes += event.data.length
      if (event.dataType === 'mediaFragment') {
        received.firstFragmentAt ??= this.#arrivedAt
        received.fragments++
      } else received.initializedAt = this.#arrivedAt
    } else if (['failed', 'refused', 'violation', 'recording-closed'].includes(event.type)) {
      this.#fail(event.error ?? new Error(JSON.stringify(event)))
    }
  }

  #fail(error) {
    this.#error ??= error
    this.#wake()
  }
}
