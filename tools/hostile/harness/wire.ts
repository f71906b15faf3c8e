import { connect, type Socket } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  type HttpMessage,
  HttpMessageParser,
  RecordOpener,
  RecordSealer,
  type SessionKeys,
} from '@hksv/hap'

import { patiently } from './patience.ts'

/** What came from the camera: an answer, or the end of the connection. */
export type Ending = HttpMessage | 'closed'

/** A TCP connection that writes whatever it is told to, and reads what the camera answers. */
export class Wire {
  readonly socket: Socket
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>
  readonly #parser = new HttpMessageParser()
  readonly #answers: HttpMessage[] = []
  readonly #events: HttpMessage[] = []
  readonly #waiting: (() => void)[] = []
  #sealer: RecordSealer | undefined
  #opener: RecordOpener | undefined
  /** Opens what comes behind the answer that {@link #plain} begins with. */
  #next: RecordOpener | undefined
  #plain: Buffer = Buffer.alloc(0)
  #isClosed = false
  #fault: unknown

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', bytes => this.#receive(bytes))
    socket.on('error', () => undefined)
    this.closed = new Promise(resolve => {
      socket.on('close', () => {
        this.#isClosed = true
        this.#wake()
        resolve()
      })
    })
  }

  /** @param from Another address of the loopback to come from. */
  static connect(port: number, from = '127.0.0.1'): Promise<Wire> {
    const connected = new Promise<Wire>((resolve, reject) => {
      const options = { host: '127.0.0.1', localAddress: from, port, noDelay: true }
      // After our FIN we still want to hear what the camera says.
      const socket = connect({ ...options, allowHalfOpen: true }, () => resolve(new Wire(socket)))
      socket.once('error', reject)
      socket.once('end', () => socket.end())
    })
    return patiently(connected, 'a connection')
  }

  /** From now on {@link send} seals and everything that comes is opened. */
  secure(keys: SessionKeys): void {
    this.#sealer = new RecordSealer(crypto, keys.controllerToAccessory)
    this.#opener = new RecordOpener(crypto, keys.accessoryToController)
  }

  /** The next answer is in the clear; what comes behind it, in the same segment even, is opened. */
  openBehindAnswer(keys: SessionKeys): void {
    this.#next = new RecordOpener(crypto, keys.accessoryToController)
  }

  /** Writes bytes as they are. */
  write(bytes: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes)
  }

  /** Writes in records once the wire is secured. */
  send(bytes: string | Uint8Array): void {
    this.write(this.seal(bytes))
  }

  /** What {@link send} would write; the counter moves on. */
  seal(bytes: string | Uint8Array): Uint8Array {
    const plain = Buffer.from(bytes)
    return this.#sealer === undefined ? plain : this.#sealer.seal(plain)
  }

  /** The next answer, or that there will be none. */
  next(): Promise<Ending> {
    return this.#take(this.#answers)
  }

  /** The answers that have come and were not asked for yet. */
  drain(): HttpMessage[] {
    if (this.#fault !== undefined) throw this.#fault
    return this.#answers.splice(0)
  }

  /** Whether the connection has ended. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** The next event. */
  event(): Promise<Ending> {
    return this.#take(this.#events)
  }

  /** Asks, and waits for the answer. */
  ask(bytes: string | Uint8Array): Promise<Ending> {
    this.send(bytes)
    return this.next()
  }

  /** FIN: we have said all that we have to say. */
  finish(): void {
    this.socket.end()
  }

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** Ends the connection and waits until it has. */
  async drop(): Promise<void> {
    this.socket.destroy()
    await this.closed
  }

  /** Resolves when an answer has come, or the end of the connection. */
  async heard(): Promise<void> {
    while (this.#answers.length === 0 && !this.#isClosed) await this.#news()
  }

  async #take(from: HttpMessage[]): Promise<Ending> {
    for (;;) {
      const message = from.shift()
      if (message !== undefined) return message
      if (this.#isClosed) return 'closed'
      await this.#news()
    }
  }

  async #news(): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault
    await patiently(new Promise<void>(resolve => this.#waiting.push(resolve)), 'an answer')
  }

  #receive(bytes: Buffer): void {
    try {
      for (const part of this.#open(bytes)) {
        for (const message of this.#parser.receive(part)) {
          if (message.kind === 'event') this.#events.push(message)
          else this.#answers.push(message)
        }
      }
    } catch (cause) {
      this.#fault = new Error('the camera does not speak HTTP in records', { cause })
    }
    this.#wake()
  }

  #open(bytes: Buffer): Uint8Array[] {
    if (this.#next === undefined) return this.#opener?.open(bytes) ?? [bytes]
    this.#plain = Buffer.concat([this.#plain, bytes])
    const head = this.#plain.indexOf('\r\n\r\n')
    const [, length] = /Content-Length: (\d+)/.exec(this.#plain.toString('latin1')) ?? []
    const end = head + 4 + Number(length)
    if (head < 0 || end > this.#plain.length) return []
    this.#opener = this.#next
    this.#next = undefined
    return [this.#plain.subarray(0, end), ...this.#opener.open(this.#plain.subarray(end))]
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
