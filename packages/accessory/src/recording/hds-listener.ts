import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

import type { CryptoProvider } from '@hksv/crypto'
import {
  deriveHdsKeys,
  HdsAccessory,
  type HdsKeys,
  identify,
  type SetupRequest,
  type SetupResponse,
} from '@hksv/hds'

import type { Requester } from '../database/request-context.ts'
import type { Log } from '../log.ts'
import { HdsConnection, type HdsEventHandler } from './hds-connection.ts'

const PREPARED_MS = 10_000
const IDENTIFY_MS = 10_000
const MAX_PREPARED = 8
/** One HAP session's share: whoever asks again has given up what it asked for before. */
const MAX_PREPARED_OF_ONE = 2
const MAX_CONNECTIONS = 16
const MAX_UNIDENTIFIED = 8
/** Room for two chunks, so that sealing one overlaps with sending the other. */
const HIGH_WATER_MARK = 512 * 1024

interface Prepared {
  readonly keys: HdsKeys
  readonly requester: Requester
  readonly timer: NodeJS.Timeout
  /** Hears of the end of the requester's HAP connection. */
  readonly orphaned: () => void
}

/**
 * The TCP port of the data stream. It listens only while a hub is expected or connected; whose a
 * connection is shows in which of the prepared keys opens its first frame.
 */
export class HdsListener {
  readonly #crypto: CryptoProvider
  readonly #log: Log
  readonly #now: () => number
  readonly #host: string | undefined
  readonly #onEvent: HdsEventHandler
  readonly #onSetUp: (setUp: object, requester: Requester) => void
  readonly #prepared = new Set<Prepared>()
  readonly #sockets = new Set<Socket>()
  readonly #connections = new Set<HdsConnection>()
  #unidentified = 0
  #listening: Promise<Server> | undefined

  constructor(options: {
    crypto: CryptoProvider
    log: Log
    now: () => number
    /** Where HAP listens. */
    host: string | undefined
    onEvent: HdsEventHandler
    /** Told of each hub that is expected; `setUp` is its connection's later. */
    onSetUp: (setUp: object, requester: Requester) => void
  }) {
    this.#crypto = options.crypto
    this.#log = options.log
    this.#now = options.now
    this.#host = options.host
    this.#onEvent = options.onEvent
    this.#onSetUp = options.onSetUp
  }

  /** Expects a connection with the keys of this request, for ten seconds. */
  async prepare({ controllerKeySalt }: SetupRequest, requester: Requester): Promise<SetupResponse> {
    const own = [...this.#prepared].filter(each => each.requester === requester)
    const [oldest] = own
    if (oldest !== undefined && own.length >= MAX_PREPARED_OF_ONE) this.#forget(oldest)
    const expected = this.#prepared.size + this.#connections.size
    if (this.#prepared.size >= MAX_PREPARED || expected >= MAX_CONNECTIONS) {
      return { status: 'busy' }
    }
    const accessoryKeySalt = this.#crypto.random(32)
    const { sharedSecret } = requester
    const keys = deriveHdsKeys(this.#crypto, { sharedSecret, controllerKeySalt, accessoryKeySalt })
    const prepared: Prepared = {
      keys,
      requester,
      timer: setTimeout(() => this.#forget(prepared), PREPARED_MS),
      orphaned: () => this.#forget(prepared),
    }
    this.#prepared.add(prepared)
    // The data stream does not outlive the HAP connection that set it up.
    requester.signal.addEventListener('abort', prepared.orphaned, { once: true })
    try {
      const server = await this.#listen()
      const { port } = server.address() as AddressInfo
      this.#onSetUp(prepared, requester)
      return { status: 'success', port, accessoryKeySalt }
    } catch (error) {
      this.#log.error({ err: error }, 'Cannot listen for a hub.')
      this.#forget(prepared)
      return { status: 'error' }
    }
  }

  close(): void {
    for (const prepared of [...this.#prepared]) this.#forget(prepared)
    for (const connection of [...this.#connections]) connection.close('camera stopped')
    for (const socket of this.#sockets) socket.destroy()
  }

  #listen(): Promise<Server> {
    this.#listening ??= new Promise((resolve, reject) => {
      const server = createServer({ highWaterMark: HIGH_WATER_MARK, noDelay: true }, socket =>
        this.#accept(socket),
      )
      server.once('error', error => {
        this.#listening = undefined
        reject(error)
      })
      const host = this.#host === undefined ? {} : { host: this.#host }
      server.listen({ port: 0, ...host }, () => resolve(server))
    })
    return this.#listening
  }

  #accept(socket: Socket): void {
    if (this.#unidentified >= MAX_UNIDENTIFIED) {
      socket.destroy()
      return
    }
    const acceptedAt = this.#now()
    this.#sockets.add(socket)
    this.#unidentified++
    const timer = setTimeout(() => socket.destroy(), IDENTIFY_MS)
    let received = Buffer.alloc(0)
    const isIdentified = () => {
      clearTimeout(timer)
      socket.off('data', receive)
      socket.off('close', isIdentified)
      this.#unidentified--
    }
    const receive = (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
      const found = this.#identify(received)
      if (found === 'incomplete') return
      isIdentified()
      if (found === 'none') socket.destroy()
      else this.#connect(socket, found, received, acceptedAt)
    }
    socket.on('data', receive)
    socket.on('close', isIdentified)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#closeWhenIdle()
    })
    socket.on('error', error => this.#log.debug({ err: error }, 'HDS connection lost'))
  }

  #identify(received: Uint8Array): Prepared | 'incomplete' | 'none' {
    const candidates = [...this.#prepared]
    const index = identify(
      this.#crypto,
      candidates.map(({ keys }) => keys),
      received,
    )
    return typeof index === 'number' ? (candidates[index] ?? 'none') : index
  }

  #connect(socket: Socket, prepared: Prepared, first: Uint8Array, acceptedAt: number): void {
    const { keys, requester } = prepared
    this.#forget(prepared)
    const machine = new HdsAccessory({ crypto: this.#crypto, keys, now: acceptedAt })
    const connection = new HdsConnection({
      requester,
      setUp: prepared,
      socket,
      machine,
      now: this.#now,
      log: this.#log,
      onEvent: this.#onEvent,
    })
    this.#connections.add(connection)
    // A HAP connection lasts for weeks and sees thousands of these: nothing may stay with it.
    const orphaned = () => connection.close('HAP connection lost')
    requester.signal.addEventListener('abort', orphaned, { once: true })
    connection.signal.addEventListener('abort', () => {
      this.#connections.delete(connection)
      requester.signal.removeEventListener('abort', orphaned)
    })
    connection.begin(first)
  }

  #forget(prepared: Prepared): void {
    clearTimeout(prepared.timer)
    prepared.requester.signal.removeEventListener('abort', prepared.orphaned)
    this.#prepared.delete(prepared)
    this.#closeWhenIdle()
  }

  #closeWhenIdle(): void {
    if (this.#prepared.size > 0 || this.#sockets.size > 0) return
    this.#listening?.then(server => server.close()).catch(() => undefined)
    this.#listening = undefined
  }
}
