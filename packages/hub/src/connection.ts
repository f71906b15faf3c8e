import { connect, type Socket } from 'node:net'

import type { CryptoProvider } from '@hksv/crypto'
import {
  type HttpMessage,
  HttpMessageParser,
  RecordOpener,
  RecordSealer,
  type SessionKeys,
} from '@hksv/hap'

import { HubError } from './errors.ts'

const CONNECT_MS = 10_000
const RESPONSE_MS = 30_000

/** Where an accessory listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

interface Pending {
  readonly request: Uint8Array
  readonly resolve: (response: HttpMessage) => void
  readonly reject: (error: Error) => void
}

/**
 * One TCP connection to an accessory: requests in turn, answers and events told apart, in the clear
 * until {@link secure}, in records from then on. Any fault ends it, for the counters of a broken
 * stream cannot be trusted.
 */
export class HapConnection {
  readonly address: Address
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

  private constructor(crypto: CryptoProvider, socket: Socket, address: Address) {
    this.address = address
    this.#crypto = crypto
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 30_000)
    socket.on('data', bytes => this.#receive(bytes))
    socket.on('error', error => this.#end(lost(error)))
    socket.on('close', () => this.#end(lost()))
  }

  /** @throws HubError `HUB_UNREACHABLE`; the reason of `signal` when it aborts. */
  static async open(
    crypto: CryptoProvider,
    address: Address,
    signal?: AbortSignal,
  ): Promise<HapConnection> {
    const socket = await openSocket(address, signal)
    return new HapConnection(crypto, socket, address)
  }

  /** Aborted when the connection has ended; its reason is the {@link HubError}. */
  get signal(): AbortSignal {
    return this.#closed.signal
  }

  /** Pair-verify has finished: everything in both directions is records from now on. */
  secure(keys: SessionKeys): void {
    this.#sealer = new RecordSealer(this.#crypto, keys.controllerToAccessory)
    this.#opener = new RecordOpener(this.#crypto, keys.accessoryToController)
  }

  /** Calls `handler` with each event until the returned function is called. */
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
  request(
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    body?: { readonly type: string; readonly bytes: Uint8Array },
  ): Promise<HttpMessage> {
    const { host } = this.address
    const name = host.includes(':') ? `[${host}]` : host
    const head = [`${method} ${path} HTTP/1.1`, `Host: ${name}`]
    if (body !== undefined) {
      head.push(`Content-Type: ${body.type}`, `Content-Length: ${body.bytes.length}`)
    }
    const request = Buffer.concat([
      Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'),
      body?.bytes ?? new Uint8Array(0),
    ])
    return new Promise((resolve, reject) => {
      if (this.signal.aborted) {
        reject(this.signal.reason)
        return
      }
      this.#queue.push({ request, resolve, reject })
      this.#next()
    })
  }

  /** Ends the connection. */
  close(): void {
    this.#end(lost())
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
    const { request } = pending
    this.#socket.write(this.#sealer === undefined ? request : this.#sealer.seal(request))
  }

  #receive(bytes: Uint8Array): void {
    try {
      const parts = this.#opener === undefined ? [bytes] : this.#opener.open(bytes)
      for (const part of parts) {
        for (const message of this.#parser.receive(part)) this.#dispatch(message)
      }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      this.#end(
        new HubError('HUB_PROTOCOL', {
          message: `The accessory broke the protocol: ${why}.`,
          cause,
        }),
      )
    }
  }

  #dispatch(message: HttpMessage): void {
    if (message.kind === 'event') {
      for (const handler of this.#eventHandlers) handler(message)
      return
    }
    const pending = this.#queue.shift()
    if (!this.#isWaiting || pending === undefined) {
      throw new HubError('HUB_PROTOCOL', { message: 'an answer to no request' })
    }
    clearTimeout(this.#timer)
    this.#isWaiting = false
    pending.resolve(message)
    this.#next()
  }

  #end(error: HubError): void {
    if (this.signal.aborted) return
    clearTimeout(this.#timer)
    this.#closed.abort(error)
    this.#socket.destroy()
    for (const { reject } of this.#queue.splice(0)) reject(error)
  }
}

/**
 * Opens a TCP connection within ten seconds.
 *
 * @throws HubError `HUB_UNREACHABLE`; the reason of `signal` when it aborts.
 */
export function openSocket(address: Address, signal?: AbortSignal): Promise<Socket> {
  const { host, port } = address
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = connect({ host, port })
    const finish = (error?: unknown) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
      socket.off('error', failed)
      if (error === undefined) resolve(socket)
      else {
        // Nobody listens to it any more.
        socket.on('error', () => undefined)
        socket.destroy()
        reject(error)
      }
    }
    const failed = (cause: NodeJS.ErrnoException) => finish(unreachable(address, cause.code, cause))
    const aborted = () => finish(signal?.reason)
    const timer = setTimeout(() => finish(unreachable(address, 'no answer in 10 s')), CONNECT_MS)
    signal?.addEventListener('abort', aborted)
    socket.once('error', failed)
    socket.once('connect', () => finish())
  })
}

function unreachable({ host, port }: Address, why: string | undefined, cause?: unknown): HubError {
  return new HubError('HUB_UNREACHABLE', {
    message: `Nothing answers at ${host}, port ${port} (${why}). Check that the camera runs, and its address.`,
    cause,
  })
}

function lost(cause?: unknown): HubError {
  return new HubError('HUB_CONNECTION_LOST', {
    message: 'The connection to the accessory broke off.',
    cause,
  })
}
