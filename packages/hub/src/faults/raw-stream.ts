import type { Socket } from 'node:net'

import type { CryptoProvider } from '@hksv/crypto'
import {
  decodePayload,
  encodePayload,
  FrameOpener,
  FrameSealer,
  type HdsHeader,
  type HdsKeys,
  type HdsPayload,
  hdsStatus,
  isHdsError,
} from '@hksv/hds'
import { dictionary, type OpackInput } from '@hksv/hds/opack'

import type { AccessoryClient } from '../accessory-client.ts'
import { setUpDataStream } from '../data-stream.ts'
import { HubError } from '../errors.ts'
import { Inbox } from '../inbox.ts'
import { openSocket } from '../open-socket.ts'
import type { HdsTrace } from '../trace/hds-trace.ts'

const ANSWER_MS = 5000
const FIRST_ID = 1000

/** What a message consists of. */
export type Fields = Readonly<Record<string, OpackInput>>

/** What opens a recording. */
export const RECORDING: Fields = {
  target: 'controller',
  type: 'ipcamera.recording',
  reason: 'record',
}

/** A hub's end of a data stream that says whatever it is told to, true or not. */
export class RawDataStream {
  readonly #crypto: CryptoProvider
  readonly #keys: HdsKeys
  readonly #socket: Socket
  readonly #trace: HdsTrace | undefined
  readonly #inbox = new Inbox<HdsPayload>()
  #sealer: FrameSealer
  #lastId = FIRST_ID
  #sent = 0n

  private constructor(
    crypto: CryptoProvider,
    keys: HdsKeys,
    socket: Socket,
    trace: HdsTrace | undefined,
  ) {
    this.#crypto = crypto
    this.#keys = keys
    this.#socket = socket
    this.#trace = trace
    this.#sealer = new FrameSealer(crypto, keys.controllerToAccessory)
    const opener = new FrameOpener(crypto, keys.accessoryToController)
    const end = () => this.#inbox.end(new HubError('HUB_CONNECTION_LOST'))
    socket.on('data', bytes => {
      trace?.bytes('accessory', bytes)
      try {
        opener.push(bytes)
        for (let payload = opener.next(); payload; payload = opener.next()) {
          this.#inbox.push(decodePayload(payload))
        }
      } catch (error) {
        if (!isHdsError(error)) throw error
        socket.destroy()
      }
    })
    socket.on('error', end)
    socket.on('close', () => {
      trace?.closed()
      end()
    })
  }

  /**
   * Sets a data stream up and connects to it; says nothing.
   *
   * @throws HubError As `DataStreamClient.open`
   */
  static async connect(client: AccessoryClient, signal?: AbortSignal): Promise<RawDataStream> {
    const { port, keys } = await setUpDataStream(client)
    const { crypto, address, trace } = client
    const where = { host: address.host, port }
    const socket = await openSocket(where, signal)
    return new RawDataStream(crypto, keys, socket, trace?.hds(where, crypto, keys))
  }

  /** Bytes as they are. */
  write(bytes: Uint8Array): void {
    if (this.#socket.destroyed) return
    this.#trace?.bytes('controller', bytes)
    this.#socket.write(bytes)
  }

  /** A payload in a frame that is as it should be. */
  payload(...parts: Uint8Array[]): void {
    this.#sent++
    for (const piece of this.#sealer.seal(parts)) this.write(piece)
  }

  /** Leaves a number out: the next frame does not open any more. */
  skipFrame(): void {
    this.#sealer = new FrameSealer(this.#crypto, this.#keys.controllerToAccessory, this.#sent + 1n)
  }

  event(protocol: string, topic: string, fields: Fields): void {
    this.#message({ kind: 'event', protocol, topic }, fields)
  }

  /**
   * @returns The answer; what comes before it is passed over.
   * @throws HubError `HUB_TIMEOUT` after 5 s, `HUB_CONNECTION_LOST`
   */
  async request(protocol: string, topic: string, fields: Fields = {}): Promise<HdsPayload> {
    const id = this.#lastId++
    this.#message({ kind: 'request', protocol, topic, id }, fields)
    return await this.next(({ header }) => header.kind === 'response' && header.id === id)
  }

  /** @throws HubError `HUB_UNEXPECTED` unless the camera answers hello as it should. */
  async hello(): Promise<void> {
    const { header } = await this.request('control', 'hello')
    if (header.kind === 'response' && header.status === hdsStatus.success) return
    const message = 'Expected hello to be answered with status 0; it was not.'
    throw new HubError('HUB_UNEXPECTED', { message })
  }

  /** Asks for a recording. @returns Header status, and the status in the message. */
  async open(fields: Fields): Promise<{ status: number; reason: unknown }> {
    const { header, message } = await this.request('dataSend', 'open', { ...RECORDING, ...fields })
    const status = header.kind === 'response' ? header.status : -1
    return { status, reason: message.get('status') }
  }

  /**
   * Says hello, opens stream 1 and waits for the first chunk of its first fragment.
   *
   * @throws HubError `HUB_RECORDING_REFUSED`, `HUB_TIMEOUT`, `HUB_CONNECTION_LOST`
   */
  async record(): Promise<void> {
    await this.hello()
    const { status, reason } = await this.open({ streamId: 1 })
    if (status !== hdsStatus.success) {
      const message = `The camera refused to record (status ${status}, ${reason}). Arm it first.`
      throw new HubError('HUB_RECORDING_REFUSED', { message })
    }
    await this.next(isMedia(1))
  }

  /**
   * The next message, or the next of which `isWanted` holds; those before it are passed over.
   *
   * @throws HubError `HUB_TIMEOUT`, `HUB_CONNECTION_LOST`
   */
  async next(
    isWanted: (payload: HdsPayload) => boolean = () => true,
    timeoutMs: number = ANSWER_MS,
  ): Promise<HdsPayload> {
    const late = new AbortController()
    const message = `The camera sent nothing of that kind in ${timeoutMs / 1000} s.`
    const timeout = () => late.abort(new HubError('HUB_TIMEOUT', { message }))
    const timer = setTimeout(timeout, timeoutMs)
    try {
      for (;;) {
        const payload = await this.#inbox.take(late.signal)
        if (isWanted(payload)) return payload
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Whether the camera ends the connection in time; what it sends until then is passed over. */
  async closesWithin(timeoutMs: number): Promise<boolean> {
    try {
      await this.next(() => false, timeoutMs)
    } catch (error) {
      return error instanceof HubError && error.code === 'HUB_CONNECTION_LOST'
    }
    return false
  }

  close(): void {
    this.#socket.destroy()
  }

  #message(header: HdsHeader, fields: Fields): void {
    this.payload(...encodePayload(header, dictionary(fields)))
  }
}

/** A chunk of a fragment, not of the initialization. */
export function isMedia(streamId: number): (payload: HdsPayload) => boolean {
  return ({ header, message }) => {
    if (header.topic !== 'data' || message.get('streamId') !== streamId) return false
    const packets = message.get('packets')
    const [packet] = Array.isArray(packets) ? packets : []
    const metadata = packet instanceof Map ? packet.get('metadata') : undefined
    return metadata instanceof Map && metadata.get('dataType') === 'mediaFragment'
  }
}
