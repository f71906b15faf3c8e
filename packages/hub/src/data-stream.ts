import type { Socket } from 'node:net'

import {
  decodeSetupResponse,
  deriveHdsKeys,
  encodeSetupRequest,
  HdsHub,
  type HdsHubCommand,
  type HdsHubEvent,
  type HdsKeys,
  isHdsError,
  type SetupResponse,
} from '@hksv/hds'

import type { AccessoryClient } from './accessory-client.ts'
import { characteristicOf, type Value } from './database.ts'
import { HubError } from './errors.ts'
import { Inbox } from './inbox.ts'
import { openSocket } from './open-socket.ts'
import type { HdsTrace } from './trace/hds-trace.ts'

/** How long a camera has to take its leave. */
const LINGER_MS = 2000
/** How long a camera that was not listened to has to be heard before it counts as silent. */
const GRACE_MS = 1000

/** What comes of a data stream: what its machine reports, and that the connection is gone. */
export type DataStreamEvent = HdsHubEvent | { readonly type: 'lost' }

/**
 * An HDS connection to a camera: the socket, the clock and the timer of an {@link HdsHub}. It ends
 * with the HAP connection that set it up.
 *
 * Whoever reads slowly gets one read of the socket ahead and no more: the camera has to wait.
 */
export class DataStreamClient {
  readonly #socket: Socket
  readonly #machine: HdsHub
  readonly #trace: HdsTrace | undefined
  readonly #inbox = new Inbox<DataStreamEvent>()
  readonly #gone: Promise<void>
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  private constructor(
    socket: Socket,
    machine: HdsHub,
    parent: AbortSignal,
    trace: HdsTrace | undefined,
  ) {
    this.#socket = socket
    this.#machine = machine
    this.#trace = trace
    const lost = () => socket.destroy()
    parent.addEventListener('abort', lost)
    if (parent.aborted) lost()
    socket.on('data', bytes => {
      trace?.bytes('accessory', bytes)
      this.#step(() => machine.receive(bytes, performance.now()))
    })
    socket.on('error', () => socket.destroy())
    this.#gone = new Promise(resolve => {
      socket.on('close', () => {
        parent.removeEventListener('abort', lost)
        this.#finish()
        trace?.closed()
        this.#inbox.push({ type: 'lost' })
        resolve()
      })
    })
    this.#step(() => [])
  }

  /**
   * Sets a data stream up over the HAP connection and opens it.
   *
   * @throws HubError `HUB_BUSY` when the camera has no session left, `HUB_REFUSED`,
   * `HUB_UNREACHABLE`, `HUB_NO_CAMERA`, `HUB_PROTOCOL`, and those of the connection
   */
  static async open(client: AccessoryClient, signal?: AbortSignal): Promise<DataStreamClient> {
    const { crypto, address, trace } = client
    const { port, keys } = await setUpDataStream(client)
    const where = { host: address.host, port }
    const socket = await openSocket(where, signal)
    const random = (length: number) => crypto.random(length)
    const machine = new HdsHub({ crypto, keys, random, now: performance.now() })
    return new DataStreamClient(socket, machine, client.signal, trace?.hds(where, crypto, keys))
  }

  /** Tells the machine what the program wants; nothing once the connection is gone. */
  send(command: HdsHubCommand): void {
    this.#step(() => this.#machine.send(command, performance.now()))
  }

  /**
   * The next thing that happens; `lost` for ever after the connection is gone.
   *
   * @throws The reason of `signal` when it aborts.
   */
  async next(signal?: AbortSignal): Promise<DataStreamEvent> {
    const taken = this.#inbox.take(signal)
    if (this.#inbox.length === 0) this.#resume()
    const event = await taken
    if (event.type === 'lost') this.#inbox.push(event)
    return event
  }

  /** Ends the connection: what was sent leaves, what still comes is not read. */
  async close(): Promise<void> {
    this.#finish()
    this.#socket.end()
    this.#socket.resume()
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS)
    await this.#gone
    clearTimeout(timer)
  }

  #step(work: () => HdsHubEvent[]): void {
    if (this.#isClosed) return
    const events = work()
    this.#inbox.push(...events)
    for (let piece = this.#machine.take(); piece !== undefined; piece = this.#machine.take()) {
      this.#trace?.bytes('controller', piece)
      this.#socket.write(piece)
    }
    if (events.some(({ type }) => type === 'failed')) this.#socket.destroy()
    // The camera waits while a fragment does.
    if (events.some(({ type }) => type === 'fragment')) this.#socket.pause()
    this.#schedule()
  }

  #resume(): void {
    if (this.#isClosed || !this.#socket.isPaused()) return
    this.#socket.resume()
    this.#schedule(GRACE_MS)
  }

  /** Nobody is silent who is not listened to: the clock stands still while the socket is paused. */
  #schedule(atLeast = 0): void {
    clearTimeout(this.#timer)
    const deadline = this.#machine.deadline()
    if (deadline === undefined || this.#socket.isPaused()) return
    const wait = Math.max(atLeast, deadline - performance.now())
    this.#timer = setTimeout(() => this.#step(() => this.#machine.tick(performance.now())), wait)
  }

  #finish(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }
}

/**
 * Asks a camera for a data stream.
 *
 * @returns Where it is for the next ten seconds, and its keys.
 * @throws HubError As {@link DataStreamClient.open}
 */
export async function setUpDataStream(
  client: AccessoryClient,
): Promise<{ port: number; keys: HdsKeys }> {
  const { crypto, sharedSecret, database } = client
  const recording = database.service('cameraEventRecordingManagement')
  const service = database.serviceOf(recording, 'dataStreamTransportManagement')
  const controllerKeySalt = crypto.random(32)
  const request = Buffer.from(encodeSetupRequest({ controllerKeySalt })).toString('base64')
  const setup = characteristicOf(service, 'setupDataStreamTransport')
  const response = decodeResponse(await client.writeWithResponse(setup, request))
  if (response.status !== 'success') throw noSession(response.status)
  const { port, accessoryKeySalt } = response
  const keys = deriveHdsKeys(crypto, { sharedSecret, controllerKeySalt, accessoryKeySalt })
  return { port, keys }
}

function decodeResponse(value: Value): SetupResponse {
  try {
    return decodeSetupResponse(Buffer.from(typeof value === 'string' ? value : '', 'base64'))
  } catch (cause) {
    if (!isHdsError(cause)) throw cause
    const message = `The camera's answer to the data stream setup is malformed: ${cause.message}. Tell its maker.`
    throw new HubError('HUB_PROTOCOL', { message, cause })
  }
}

function noSession(status: 'error' | 'busy'): HubError {
  if (status === 'error') {
    const message = 'The camera could not set up a data stream. Look at what it logs.'
    return new HubError('HUB_REFUSED', { message })
  }
  const message = 'The camera has no data stream left: other hubs hold all. Try again in a minute.'
  return new HubError('HUB_BUSY', { message })
}
