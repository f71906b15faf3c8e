import type { Socket } from 'node:net'

import type { CryptoProvider } from '@hksv/crypto'
import {
  type HttpMessage,
  HttpMessageParser,
  RecordOpener,
  RecordSealer,
  type SessionKeys,
} from '@hksv/hap'

import { HubError } from './errors.ts'
import { type Address, openSocket } from './open-socket.ts'
import type { HapTrace } from './trace/hap-trace.ts'
import type { Trace } from './trace/trace.ts'

const RESPONSE_MS = 30_000

/** What a request carries. */
export interface RequestBody {
  /** Content-Type */
  readonly type: string
  readonly bytes: Uint8Array
}

interface Pending {
  readonly request: Uint8Array
  /** Writes it down when it is sent. */
  readonly note: () => void
  readonly resolve: (response: HttpMessage) => void
  readonly reject: (error: unknown) => void
}

/**
 * One TCP connection to an accessory: requests in turn, answers and events told apart, in the clear
 * until {@link secure}, in records from then on. Any fault ends it, for the counters of a broken
 * stream cannot be trusted.
 *
 * @see HomeKit Accessory Protocol R2 §6.4, §6.5.2, §6.8
 */
export class HapConnection {
  readonly address: Address
  /** What is said on it is written down there. */
  readonly trace: HapTrace | undefined
  readonly #crypto: CryptoProvider
  readonly #socket: Socket
  readonly #parser = new HttpMessageParser()
  readonly #closed = new AbortController()
  readonly #queue: Pending[] = []
  readonly #eventHandlers = new Set<(message: HttpMessage) => void>()
  #isWaiting = false
  #timer: NodeJS.Timeout | undefined
  #sealer: RecordSealer | undefined
  #opener: RecordOpener | undefined

  private constructor(
    crypto: CryptoProvider,
    socket: Socket,
    address: Address,
    trace: Trace | undefined,
  ) {
    this.address = address
    this.trace = trace?.hap(address)
    this.#crypto = crypto
    this.#socket = socket
    socket.on('data', bytes => this.#receive(bytes))
    socket.on('error', cause => this.#end(new HubError('HUB_CONNECTION_LOST', { cause })))
    socket.on('close', () => this.#end(new HubError('HUB_CONNECTION_LOST')))
  }

  /**
   * Connects.
   *
   * @param signal Ends the connection when it aborts, at any time; what waits is rejected with its
   * reason.
   * @param trace Where to write down what is said.
   * @throws HubError `HUB_UNREACHABLE`
   */
  static async open(
    crypto: CryptoProvider,
    address: Address,
    signal?: AbortSignal,
    trace?: Trace,
  ): Promise<HapConnection> {
    const socket = await openSocket(address, signal)
    const connection = new HapConnection(crypto, socket, address, trace)
    const aborted = () => connection.#end(signal?.reason)
    signal?.addEventListener('abort', aborted, { signal: connection.signal })
    if (signal?.aborted === true) aborted()
    return connection
  }

  /** Aborted when the connection has ended; its reason says why. */
  get signal(): AbortSignal {
    return this.#closed.signal
  }

  /** Of this side: an address of IPv4 or IPv6, link-local ones of IPv6 with their scope. */
  get localAddress(): string {
    return (this.#socket.localAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  }

  /** Of the accessory, as {@link localAddress} is of this side. */
  get remoteAddress(): string {
    return (this.#socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  }

  /** Pair-verify has finished: everything in both directions is records from now on. */
  secure(keys: SessionKeys): void {
    this.#sealer = new RecordSealer(this.#crypto, keys.controllerToAccessory)
    this.#opener = new RecordOpener(this.#crypto, keys.accessoryToController)
  }

  /** Calls `handler`, which may not throw, with each event until the returned function is called. */
  onEvent(handler: (message: HttpMessage) => void): () => void {
    this.#eventHandlers.add(handler)
    return () => this.#eventHandlers.delete(handler)
  }

  /**
   * Sends a request when those before it have been answered.
   *
   * @throws HubError `HUB_TIMEOUT` after 30 s, `HUB_CONNECTION_LOST`, `HUB_PROTOCOL`: the connection
   * has ended.
   */
  request(method: 'GET' | 'PUT' | 'POST', path: string, body?: RequestBody): Promise<HttpMessage> {
    const head = [`${method} ${path} HTTP/1.1`, `Host: ${hostName(this.address)}`]
    if (body !== undefined) {
      head.push(`Content-Type: ${body.type}`, `Content-Length: ${body.bytes.length}`)
    }
    const request = Buffer.concat([
      Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'),
      body?.bytes ?? new Uint8Array(0),
    ])
    const note = () => this.trace?.request(method, path, body)
    return new Promise((resolve, reject) => {
      this.signal.throwIfAborted()
      this.#queue.push({ request, note, resolve, reject })
      this.#next()
    })
  }

  /** Ends the connection. */
  close(): void {
    this.#end(new HubError('HUB_CONNECTION_LOST', { message: 'The connection was closed.' }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  #next(): void {
    const [pending] = this.#queue
    if (this.#isWaiting || pending === undefined) return
    this.#isWaiting = true
    this.#timer = setTimeout(() => this.#end(new HubError('HUB_TIMEOUT')), RESPONSE_MS)
    // In one write: some accessories take a request in pieces for two.
    const { request, note } = pending
    note()
    this.#socket.write(this.#sealer === undefined ? request : this.#sealer.seal(request))
  }

  #receive(bytes: Uint8Array): void {
    for (const message of this.#read(bytes)) {
      this.trace?.message(message)
      if (message.kind === 'response') this.#answer(message)
      else for (const handler of this.#eventHandlers) handler(message)
    }
  }

  #read(bytes: Uint8Array): HttpMessage[] {
    try {
      const parts = this.#opener === undefined ? [bytes] : this.#opener.open(bytes)
      return parts.flatMap(part => this.#parser.receive(part))
    } catch (cause) {
      this.trace?.broken(String(cause))
      this.#end(broken(cause instanceof Error ? cause.message : String(cause), cause))
      return []
    }
  }

  #answer(message: HttpMessage): void {
    const pending = this.#isWaiting ? this.#queue.shift() : undefined
    if (pending === undefined) {
      this.#end(broken('it answered what nobody asked'))
      return
    }
    clearTimeout(this.#timer)
    this.#isWaiting = false
    pending.resolve(message)
    this.#next()
  }

  #end(reason: unknown): void {
    if (this.signal.aborted) return
    clearTimeout(this.#timer)
    this.trace?.closed(reason)
    this.#closed.abort(reason)
    this.#socket.destroy()
    this.#eventHandlers.clear()
    for (const { reject } of this.#queue.splice(0)) reject(reason)
  }
}

/** The Host header: without port, an address of IPv6 in brackets and without its zone. */
function hostName({ host }: Address): string {
  return host.includes(':') ? `[${host.replace(/%.*/, '')}]` : host
}

function broken(why: string, cause?: unknown): HubError {
  const message = `The accessory broke the protocol: ${why}. Update it, or tell its maker.`
  return new HubError('HUB_PROTOCOL', { message, cause })
}
