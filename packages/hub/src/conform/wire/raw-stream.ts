import type { Socket } from 'node:net'

import type { CryptoProvider } from '@hksv/crypto'
import {
  decodePayload,
  encodePayload,
  FrameOpener,
  FrameSealer,
  type HdsHeader,
  type HdsId,
  type HdsKeys,
  type HdsPayload,
  splitPayload,
} from '@hksv/hds'
import { dictionary, type OpackInput } from '@hksv/hds/opack'

import { HubError } from '../../errors.ts'
import { type Address, openSocket } from '../../open-socket.ts'
import type { HdsTrace } from '../../trace/hds-trace.ts'
import type { Trace } from '../../trace/trace.ts'
import { Waiting } from './waiting.ts'

const ANSWER_MS = 10_000

/** Fields of a message of a data stream. */
export type StreamFields = Readonly<Record<string, OpackInput>>

/** A message of the camera, and when its last byte came. */
export interface StreamMessage extends HdsPayload {
  /** On the clock of `performance.now()`. */
  readonly at: number
  /** Bytes of the payload. */
  readonly length: number
  /** Whether the header made sense only by HAP-NodeJS's rule of back references. */
  readonly isByHapNodeJs: boolean
  /** The beginning of the payload. */
  readonly head: Uint8Array
}

/** What a data stream is connected to with. */
export interface RawStreamOptions {
  readonly crypto: CryptoProvider
  readonly signal: AbortSignal
  /** Where to write down what is said. */
  readonly trace?: Trace | undefined
}

/** A hub's end of a data stream that says whatever it is told to, true or not. */
export class RawStream {
  readonly messages: Waiting<StreamMessage>
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #trace: HdsTrace | undefined
  readonly #sealer: FrameSealer
  #lastId = 1000

  private constructor(
    socket: Socket,
    keys: HdsKeys,
    { crypto, signal }: RawStreamOptions,
    trace: HdsTrace | undefined,
  ) {
    this.#socket = socket
    this.#trace = trace
    this.#sealer = new FrameSealer(crypto, keys.controllerToAccessory)
    this.messages = new Waiting(signal)
    const opener = new FrameOpener(crypto, keys.accessoryToController)
    socket.on('error', () => socket.destroy())
    socket.on('data', bytes => {
      trace?.bytes('accessory', bytes)
      this.#receive(opener, bytes)
    })
    const stop = () => socket.destroy()
    signal.addEventListener('abort', stop)
    this.closed = new Promise(resolve => {
      socket.on('close', () => {
        signal.removeEventListener('abort', stop)
        trace?.closed()
        const message = 'The camera ended the data stream.'
        this.messages.end(new HubError('HUB_CONNECTION_LOST', { message }))
        resolve()
      })
    })
  }

  /** @throws HubError `HUB_UNREACHABLE` */
  static async connect(
    address: Address,
    keys: HdsKeys,
    options: RawStreamOptions,
  ): Promise<RawStream> {
    const { crypto, signal, trace } = options
    const socket = await openSocket(address, signal)
    return new RawStream(socket, keys, options, trace?.hds(address, crypto, keys))
  }

  get isClosed(): boolean {
    return this.#socket.destroyed
  }

  /** Bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#trace?.bytes('controller', bytes)
    this.#socket.write(bytes)
  }

  /** A payload in a frame that is as it should be, as bytes. */
  frame(...parts: Uint8Array[]): Uint8Array {
    return Buffer.concat(this.#sealer.seal(parts))
  }

  event(topic: string, fields: StreamFields, protocol = 'dataSend'): void {
    this.#send({ kind: 'event', protocol, topic }, fields)
  }

  /** A request as it stands on the wire. */
  requestFrame(protocol: string, topic: string, fields: StreamFields, id: HdsId): Uint8Array {
    return this.frame(
      ...encodePayload({ kind: 'request', protocol, topic, id }, dictionary(fields)),
    )
  }

  /** @returns The answer; what comes before it is passed over. @throws HubError */
  async request(
    protocol: string,
    topic: string,
    fields: StreamFields,
    id: HdsId = this.#nextId(),
  ): Promise<StreamMessage> {
    this.write(this.requestFrame(protocol, topic, fields, id))
    return await this.response(id)
  }

  /** The answer to a request. @throws HubError `HUB_TIMEOUT`, `HUB_CONNECTION_LOST` */
  response(id: HdsId, ms: number = ANSWER_MS): Promise<StreamMessage> {
    return this.messages.take(ms, ({ header }) => header.kind === 'response' && header.id === id)
  }

  /** Whether the camera ends the connection within some time. */
  async closesWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>(resolve => {
      timer = setTimeout(resolve, ms)
    })
    await Promise.race([this.closed, timeout])
    clearTimeout(timer)
    return this.isClosed
  }

  close(): void {
    this.#socket.destroy()
  }

  #send(header: HdsHeader, fields: StreamFields): void {
    this.write(this.frame(...encodePayload(header, dictionary(fields))))
  }

  #nextId(): number {
    this.#lastId++
    return this.#lastId
  }

  #receive(opener: FrameOpener, bytes: Uint8Array): void {
    const at = performance.now()
    opener.push(bytes)
    try {
      for (let payload = opener.next(); payload !== undefined; payload = opener.next()) {
        this.messages.push({
          ...decode(payload),
          at,
          length: payload.length,
          head: payload.slice(0, 64),
        })
      }
    } catch (cause) {
      const message = `The camera sent what is no data stream: ${cause instanceof Error ? cause.message : String(cause)}.`
      this.messages.end(new HubError('HUB_PROTOCOL', { message, cause }))
      this.#socket.destroy()
    }
  }
}

/** By Apple's rule of back references, or else by the other one that is known. */
function decode(payload: Uint8Array): HdsPayload & { isByHapNodeJs: boolean } {
  try {
    return { ...decodePayload(payload, { trailing: 'allow' }), isByHapNodeJs: false }
  } catch {
    splitPayload(payload)
    return {
      ...decodePayload(payload, { rule: 'hapnodejs', trailing: 'allow' }),
      isByHapNodeJs: true,
    }
  }
}
