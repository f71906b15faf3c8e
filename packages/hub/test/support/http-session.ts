import type { Socket } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import { RecordOpener, RecordSealer, type SessionKeys } from '@hksv/hap'

/** A request as it came. */
export interface Request {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** An answer to it. */
export interface Reply {
  readonly status: number
  readonly type?: string
  readonly body?: Uint8Array
}

/** One connection to an accessory: HTTP requests in, whatever out, in records once it is verified. */
export class HttpSession {
  readonly socket: Socket
  /** Of the verified controller. */
  controllerId: string | undefined
  sharedSecret: Uint8Array = new Uint8Array(32)
  readonly subscriptions = new Set<string>()
  /** The number of a prepared timed write. */
  pid: number | undefined
  #opener: RecordOpener | undefined
  #sealer: RecordSealer | undefined
  #pending = Buffer.alloc(0)

  /** @param onRequest Called with one request after the other. */
  constructor(
    socket: Socket,
    onRequest: (session: HttpSession, request: Request) => Promise<void>,
  ) {
    this.socket = socket
    let turn = Promise.resolve()
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('data', bytes => {
      turn = turn.then(async () => {
        for (const request of this.#requests(bytes)) await onRequest(this, request)
      })
    })
  }

  get isVerified(): boolean {
    return this.controllerId !== undefined
  }

  secure(keys: SessionKeys): void {
    this.#opener = new RecordOpener(crypto, keys.controllerToAccessory)
    this.#sealer = new RecordSealer(crypto, keys.accessoryToController)
  }

  send({ status, type = 'application/hap+json', body = new Uint8Array(0) }: Reply): void {
    const head =
      status === 204
        ? 'HTTP/1.1 204 No Content\r\n\r\n'
        : `HTTP/1.1 ${status} Whatever\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`
    this.write(Buffer.concat([Buffer.from(head), body]))
  }

  /** Reports values. */
  sendEvent(body: object): void {
    this.write(eventOf(body))
  }

  /** Writes plaintext, as records once the connection is verified. */
  write(bytes: Uint8Array): void {
    this.socket.write(this.seal(bytes))
  }

  seal(bytes: Uint8Array): Uint8Array {
    return this.#sealer === undefined ? bytes : this.#sealer.seal(bytes)
  }

  *#requests(bytes: Uint8Array): Generator<Request> {
    const plain = this.#opener === undefined ? [bytes] : this.#opener.open(bytes)
    this.#pending = Buffer.concat([this.#pending, ...plain])
    for (;;) {
      const headEnd = this.#pending.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const [line = '', ...fields] = this.#pending.toString('latin1', 0, headEnd).split('\r\n')
      const headers = new Map(
        fields.map(field => {
          const colon = field.indexOf(':')
          return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
        }),
      )
      const end = headEnd + 4 + Number(headers.get('content-length') ?? 0)
      if (this.#pending.length < end) return
      const body = this.#pending.subarray(headEnd + 4, end)
      this.#pending = this.#pending.subarray(end)
      const [method = '', path = ''] = line.split(' ')
      yield { method, path, headers, body }
    }
  }
}

/** An EVENT/1.0 message. */
export function eventOf(body: object): Buffer {
  const json = JSON.stringify(body)
  return Buffer.from(
    `EVENT/1.0 200 OK\r\nContent-Type: application/hap+json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
  )
}
