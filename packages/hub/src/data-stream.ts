import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

import {
  decodeSetupResponse,
  deriveHdsKeys,
  encodeSetupRequest,
  HdsHub,
  type HdsHubCommand,
  isHdsError,
  type SetupResponse,
} from '@hksv/hds'

import type { AccessoryClient } from './accessory-client.ts'
import { openSocket } from './connection.ts'
import { characteristicOf } from './database.ts'
import { HubError } from './errors.ts'

type MachineEvent = ReturnType<HdsHub['receive']>[number]

/** What comes of a data stream: what its machine reports, and that the connection is gone. */
export type DataStreamEvent = MachineEvent | { readonly type: 'lost' }

/** An HDS connection to a camera: the socket, the clock and the timer of an {@link HdsHub}. */
export class DataStreamClient {
  readonly #socket: Socket
  readonly #machine: HdsHub
  readonly #events: DataStreamEvent[] = []
  #wake: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #isLost = false

  private constructor(socket: Socket, machine: HdsHub) {
    this.#socket = socket
    this.#machine = machine
    socket.setNoDelay(true)
    socket.on('data', bytes => this.#step(() => machine.receive(bytes, performance.now())))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#lost())
    this.#step(() => [])
  }

  /**
   * Sets a data stream up over the HAP connection and opens it.
   *
   * @throws HubError `HUB_REFUSED` when the camera has no session left, `HUB_UNREACHABLE`,
   * `HUB_PROTOCOL`, `HUB_CONNECTION_LOST`
   */
  static async open(client: AccessoryClient, signal?: AbortSignal): Promise<DataStreamClient> {
    const { crypto, sharedSecret, address } = client
    const service = client.database.service('dataStreamTransportManagement')
    const controllerKeySalt = crypto.random(32)
    const request = Buffer.from(encodeSetupRequest({ controllerKeySalt })).toString('base64')
    const written = await client.writeWithResponse(
      characteristicOf(service, 'setupDataStreamTransport'),
      request,
    )
    const response = decodeResponse(written)
    if (response.status !== 'success') {
      throw new HubError('HUB_REFUSED', {
        message: `The camera would not set up a data stream: ${response.status}.`,
      })
    }
    const { port, accessoryKeySalt } = response
    const socket = await openSocket({ host: address.host, port }, signal)
    const keys = deriveHdsKeys(crypto, { sharedSecret, controllerKeySalt, accessoryKeySalt })
    const random = (length: number) => crypto.random(length)
    return new DataStreamClient(
      socket,
      new HdsHub({ crypto, keys, random, now: performance.now() }),
    )
  }

  send(command: HdsHubCommand): void {
    if (!this.#isLost) this.#step(() => this.#machine.send(command, performance.now()))
  }

  /** The next thing that happens; `lost` for ever after the connection is gone. */
  async next(signal?: AbortSignal): Promise<DataStreamEvent> {
    for (;;) {
      signal?.throwIfAborted()
      const event = this.#events.shift()
      if (event !== undefined) {
        if (this.#events.length === 0) this.#socket.resume()
        return event
      }
      if (this.#isLost) return { type: 'lost' }
      await new Promise<void>(resolve => {
        this.#wake = resolve
        signal?.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  /** Ends the connection when what was sent has left. */
  close(): void {
    clearTimeout(this.#timer)
    this.#socket.end()
  }

  #step(work: () => MachineEvent[]): void {
    const events = work()
    this.#events.push(...events)
    // Whoever reads slowly gets no more than one read ahead.
    if (events.some(({ type }) => type === 'fragment')) this.#socket.pause()
    for (let piece = this.#machine.take(); piece !== undefined; piece = this.#machine.take()) {
      this.#socket.write(piece)
    }
    if (events.some(({ type }) => type === 'failed')) this.#socket.destroy()
    clearTimeout(this.#timer)
    const deadline = this.#machine.deadline()
    if (deadline !== undefined && !this.#isLost) {
      const wait = Math.max(0, deadline - performance.now())
      this.#timer = setTimeout(() => this.#step(() => this.#machine.tick(performance.now())), wait)
    }
    if (events.length > 0) this.#wake?.()
  }

  #lost(): void {
    clearTimeout(this.#timer)
    this.#isLost = true
    this.#wake?.()
  }
}

function decodeResponse(value: unknown): SetupResponse {
  try {
    return decodeSetupResponse(Buffer.from(typeof value === 'string' ? value : '', 'base64'))
  } catch (cause) {
    if (!isHdsError(cause)) throw cause
    const message = `The camera's answer to the data stream setup is malformed: ${cause.message}.`
    throw new HubError('HUB_PROTOCOL', { message, cause })
  }
}
