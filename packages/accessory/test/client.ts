import { connect, type Socket } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  ADMIN,
  decodePairingsResponse,
  encodePairingsRequest,
  type HttpMessage,
  HttpMessageParser,
  type Pairing,
  type PairingsRequest,
  PairSetupController,
  PairVerifyController,
  RecordOpener,
  RecordSealer,
} from '@hksv/hap'

/** The accessory as a controller knows it. */
export interface KnownAccessory {
  readonly identifier: string
  readonly publicKey: Uint8Array
}

const { random } = crypto

/** A controller: whoever pairs first, or a guest it adds. */
export class Controller {
  readonly identifier: string = globalThis.crypto.randomUUID().toUpperCase()
  readonly longTermKey = crypto.ed25519(random(32))
  accessory: KnownAccessory | undefined

  /** What an administrator adds it with. */
  pairing(permissions = ADMIN): Pairing {
    return { identifier: this.identifier, publicKey: this.longTermKey.publicKey, permissions }
  }

  /** Pairs with the setup code. */
  async pair(port: number, setupCode: string): Promise<void> {
    const client = await HapClient.connect(port)
    const machine = new PairSetupController({ crypto, identity: this, setupCode, random })
    const paired = await client.exchange('/pair-setup', machine)
    this.accessory = paired.accessory
    client.close()
    await client.closed
  }

  /** A verified connection. */
  async connect(port: number): Promise<HapClient> {
    if (this.accessory === undefined) throw new Error('not paired')
    const client = await HapClient.connect(port)
    await client.verify(this, this.accessory)
    return client
  }
}

interface ClientMachine<Event> {
  take(): Uint8Array | undefined
  receive(body: Uint8Array): Event[]
}

/** One connection to the accessory, which says exactly what it is told to. */
export class HapClient {
  /** Resolves when the accessory, or we, ended the connection. */
  readonly closed: Promise<void>
  /** Of pair-verify. */
  sharedSecret: Uint8Array | undefined
  readonly #socket: Socket
  readonly #parser = new HttpMessageParser()
  readonly #answers = new Mailbox<HttpMessage>()
  readonly #events = new Mailbox<unknown>()
  /** Kinds of the messages in the order they came. */
  readonly order: HttpMessage['kind'][] = []
  #sealer: RecordSealer | undefined
  #opener: RecordOpener | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', bytes => this.#receive(bytes))
    socket.on('error', () => undefined)
    this.closed = new Promise(resolve => {
      socket.on('close', () => {
        resolve()
        this.#answers.end()
        this.#events.end()
      })
    })
  }

  static connect(port: number): Promise<HapClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () =>
        resolve(new HapClient(socket)),
      )
      socket.once('error', reject)
    })
  }

  /** Runs pair-verify; from then on everything goes through the record layer. */
  async verify(controller: Controller, accessory: KnownAccessory): Promise<void> {
    const machine = new PairVerifyController({ crypto, identity: controller, accessory, random })
    const { keys, sharedSecret } = await this.exchange('/pair-verify', machine)
    this.sharedSecret = sharedSecret
    this.#sealer = new RecordSealer(crypto, keys.controllerToAccessory)
    this.#opener = new RecordOpener(crypto, keys.accessoryToController)
  }

  /** Moves the bodies of a pairing procedure until it has an event. */
  async exchange<Event>(path: string, machine: ClientMachine<Event>): Promise<Event> {
    for (let body = machine.take(); body !== undefined; body = machine.take()) {
      const answer = await this.request('POST', path, body)
      const [event] = machine.receive(answer.body)
      if (event !== undefined) return event
    }
    throw new Error('the procedure has no end')
  }

  /** Writes bytes as they are, through the record layer once verified. */
  write(text: string | Uint8Array): void {
    const bytes = Buffer.from(text)
    this.#socket.write(this.#sealer === undefined ? bytes : this.#sealer.seal(bytes))
  }

  /** Writes bytes past the record layer. */
  writeRaw(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** Asks once. A body that is neither bytes nor text goes as JSON. */
  request(method: string, path: string, body?: unknown): Promise<HttpMessage> {
    this.write(encodeRequest(method, path, body))
    return this.answer()
  }

  /** The next answer. Rejects when the connection ends first. */
  answer(): Promise<HttpMessage> {
    return this.#answers.next()
  }

  /** The body of the next event. */
  event(): Promise<unknown> {
    return this.#events.next()
  }

  /** Asks for JSON and expects `status`. */
  async json(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.request(method, path, body)
    return parse(answer.body)
  }

  /** Asks `POST /pairings`. @throws HapError `PAIR_REFUSED` */
  async pairings(request: PairingsRequest): Promise<Pairing[]> {
    const answer = await this.request('POST', '/pairings', encodePairingsRequest(request))
    return decodePairingsResponse(answer.body)
  }

  /** Resolves when what was written has left, and the other side had its turn. */
  async reached(): Promise<void> {
    await new Promise<void>(resolve => this.#socket.write('', () => resolve()))
    await new Promise(resolve => setImmediate(resolve))
  }

  /** Writes no more. */
  end(): void {
    this.#socket.end()
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    for (const part of this.#opener?.open(bytes) ?? [bytes]) {
      for (const message of this.#parser.receive(part)) {
        this.order.push(message.kind)
        if (message.kind === 'event') this.#events.push(parse(message.body))
        else this.#answers.push(message)
      }
    }
  }
}

/** The bytes of a request as Apple's controllers write them. */
export function encodeRequest(method: string, path: string, body?: unknown): Buffer {
  const isBinary = body instanceof Uint8Array
  const text = isBinary || typeof body === 'string' ? body : JSON.stringify(body)
  const bytes = Buffer.from(body === undefined ? '' : (text ?? ''))
  const type = isBinary ? 'application/pairing+tlv8' : 'application/hap+json'
  const about =
    body === undefined ? '' : `Content-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n`
  const head = `${method} ${path} HTTP/1.1\r\nHost: camera._hap._tcp.local\r\n${about}\r\n`
  return Buffer.concat([Buffer.from(head), bytes])
}

/** A JSON body; `undefined` for none. */
export function parse(body: Uint8Array): unknown {
  return body.length === 0 ? undefined : JSON.parse(Buffer.from(body).toString('utf8'))
}

/** What has come, for whoever asks for it, in order. */
export class Mailbox<T> {
  readonly #letters: T[] = []
  readonly #readers: { resolve: (letter: T) => void; reject: (error: Error) => void }[] = []
  #isEnded = false

  push(letter: T): void {
    const reader = this.#readers.shift()
    if (reader === undefined) this.#letters.push(letter)
    else reader.resolve(letter)
  }

  /** How many nobody has asked for. */
  get size(): number {
    return this.#letters.length
  }

  next(): Promise<T> {
    const [letter] = this.#letters.splice(0, 1)
    if (letter !== undefined) return Promise.resolve(letter)
    if (this.#isEnded) return Promise.reject(new Error('the connection is closed'))
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }))
  }

  end(): void {
    this.#isEnded = true
    for (const { reject } of this.#readers.splice(0)) reject(new Error('the connection is closed'))
  }
}
