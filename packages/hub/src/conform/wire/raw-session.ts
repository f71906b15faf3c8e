import type { Socket } from 'node:net'

import type { CryptoProvider } from '@hksv/crypto'
import {
  type ControllerIdentity,
  HttpMessageParser,
  PairVerifyController,
  RecordOpener,
  RecordSealer,
} from '@hksv/hap'

import { HubError } from '../../errors.ts'
import { type Address, openSocket } from '../../open-socket.ts'
import type { HapTrace } from '../../trace/hap-trace.ts'
import type { Trace } from '../../trace/trace.ts'
import type { Answer } from './answers.ts'
import { Waiting } from './waiting.ts'

const ANSWER_MS = 12_000
const PAIRING_TYPE = 'application/pairing+tlv8'

/** What a session is opened with. */
export interface RawSessionOptions {
  readonly crypto: CryptoProvider
  readonly address: Address
  readonly signal: AbortSignal
  /** Where to write down what is said. */
  readonly trace?: Trace
}

/**
 * A connection to a camera that says whatever a rule makes it say, true or not, and keeps all that comes
 * back with the time it came.
 */
export class RawSession {
  /** Answers, in order; each is taken once. */
  readonly answers: Waiting<Answer>
  /** Events, in order; each is taken once. */
  readonly events: Waiting<Answer>
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>
  /** The longest record that the camera sent, in bytes of plaintext. */
  longestRecord = 0
  /** Of pair-verify, 32 bytes; empty before it. */
  sharedSecret: Uint8Array = new Uint8Array(0)
  readonly address: Address
  readonly #crypto: CryptoProvider
  readonly #socket: Socket
  readonly #parser = new HttpMessageParser()
  readonly #trace: HapTrace | undefined
  #sealer: RecordSealer | undefined
  #opener: RecordOpener | undefined
  #walker = new Uint8Array(0)
  #skip = 0
  #lastPid = 1000

  private constructor({ crypto, address, signal, trace }: RawSessionOptions, socket: Socket) {
    this.#trace = trace?.hap(address)
    this.address = address
    this.#crypto = crypto
    this.#socket = socket
    this.answers = new Waiting(signal)
    this.events = new Waiting(signal)
    socket.on('data', bytes => this.#receive(bytes))
    socket.on('error', () => socket.destroy())
    this.closed = new Promise(resolve => {
      socket.on('close', () => {
        this.#trace?.closed(undefined)
        this.#lose(new HubError('HUB_CONNECTION_LOST'))
        resolve()
      })
    })
    signal.addEventListener('abort', () => socket.destroy(), { once: true })
  }

  /** @throws HubError `HUB_UNREACHABLE` */
  static async open(options: RawSessionOptions): Promise<RawSession> {
    return new RawSession(options, await openSocket(options.address, options.signal))
  }

  /** The address of ours that the camera talks to. */
  get localAddress(): string {
    return this.#socket.localAddress ?? ''
  }

  /** Whether the camera, or we, ended it. */
  get isClosed(): boolean {
    return this.#socket.destroyed
  }

  /** Whether the camera ends the connection within some time. */
  async closesWithin(ms: number): Promise<boolean> {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), ms)
    const timeout = new Promise<void>(resolve =>
      late.signal.addEventListener('abort', () => resolve()),
    )
    await Promise.race([this.closed, timeout])
    clearTimeout(timer)
    return this.isClosed
  }

  /** Pair-verify; from here on everything is in records. @throws HapError, HubError */
  async verify(
    identity: ControllerIdentity,
    accessory: { readonly identifier: string; readonly publicKey: Uint8Array },
  ): Promise<void> {
    const random = (length: number) => this.#crypto.random(length)
    const machine = new PairVerifyController({ crypto: this.#crypto, identity, accessory, random })
    for (let request = machine.take(); request !== undefined; request = machine.take()) {
      const { status, body } = await this.request('POST', '/pair-verify', request)
      if (status !== 200) throw new HubError('HUB_NOT_PAIRED')
      const [verified] = machine.receive(body)
      if (verified === undefined) continue
      this.sharedSecret = verified.sharedSecret
      this.#sealer = new RecordSealer(this.#crypto, verified.keys.controllerToAccessory)
      this.#opener = new RecordOpener(this.#crypto, verified.keys.accessoryToController)
      return
    }
  }

  /** A number for a timed write that was not used on this connection. */
  nextPid(): number {
    return ++this.#lastPid
  }

  /** Bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** Bytes in records of at most `length` bytes; sealed once, so that they can be cut anywhere. */
  seal(bytes: Uint8Array, length = 1024): Uint8Array {
    const sealer = this.#sealer
    if (sealer === undefined) return bytes
    const records: Uint8Array[] = []
    for (let from = 0; from < bytes.length; from += length) {
      records.push(sealer.seal(bytes.subarray(from, from + length)))
    }
    return Buffer.concat(records)
  }

  /** @returns A request as it stands on the wire, before it is sealed. */
  message(method: string, path: string, body?: object | Uint8Array): Uint8Array {
    const bytes = body instanceof Uint8Array ? body : Buffer.from(body ? JSON.stringify(body) : '')
    const type = path.startsWith('/pair') ? PAIRING_TYPE : 'application/hap+json'
    const head = [`${method} ${path} HTTP/1.1`, `Host: ${this.address.host.replace(/%.*/, '')}`]
    if (body !== undefined) head.push(`Content-Type: ${type}`)
    if (method !== 'GET') head.push(`Content-Length: ${bytes.length}`)
    // What is made is sent, whole or in pieces.
    this.#trace?.request(method, path, { type, bytes })
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes])
  }

  /**
   * Sends a request and takes the next answer.
   *
   * @throws HubError `HUB_TIMEOUT` after 12 s, `HUB_CONNECTION_LOST`, `HUB_PROTOCOL`
   */
  async request(method: string, path: string, body?: object | Uint8Array): Promise<Answer> {
    this.write(this.seal(this.message(method, path, body)))
    return await this.answers.take(ANSWER_MS)
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    const at = performance.now()
    try {
      if (this.#opener !== undefined) this.#measure(bytes)
      for (const part of this.#opener?.open(bytes) ?? [bytes]) {
        for (const message of this.#parser.receive(part)) {
          this.#trace?.message(message)
          const queue = message.kind === 'event' ? this.events : this.answers
          queue.push({ ...message, at })
        }
      }
    } catch (cause) {
      this.#lose(
        new HubError('HUB_PROTOCOL', {
          message: `The camera sent what is no HTTP: ${String(cause)}.`,
          cause,
        }),
      )
      this.#socket.destroy()
    }
  }

  #lose(error: unknown): void {
    this.answers.end(error)
    this.events.end(error)
  }

  /** Walks over the records without opening them. */
  #measure(bytes: Uint8Array): void {
    let rest: Uint8Array = Buffer.concat([this.#walker, bytes])
    const skipped = Math.min(this.#skip, rest.length)
    this.#skip -= skipped
    rest = rest.subarray(skipped)
    while (rest.length >= 2) {
      const length = (rest[0] ?? 0) | ((rest[1] ?? 0) << 8)
      this.longestRecord = Math.max(this.longestRecord, length)
      const whole = length + 18
      this.#skip = Math.max(0, whole - rest.length)
      rest = rest.subarray(Math.min(whole, rest.length))
    }
    this.#walker = new Uint8Array(rest)
  }
}
