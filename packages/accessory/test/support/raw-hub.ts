import { connect, type Socket } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  decodePayload,
  encodePayload,
  FrameOpener,
  FrameSealer,
  type HdsHeader,
  type HdsKeys,
  type HdsPayload,
} from '@hksv/hds'
import { dictionary, type OpackInput } from '@hksv/hds/opack'

import { Mailbox } from '../client.ts'

type Fields = Readonly<Record<string, OpackInput>>

/** A hub's end of a data stream that says whatever it is told to, true or not. */
export class RawHub {
  readonly messages: Mailbox<HdsPayload> = new Mailbox()
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #sealer: FrameSealer
  #lastId = 1000

  constructor({ port, keys }: { port: number; keys: HdsKeys }) {
    this.#sealer = new FrameSealer(crypto, keys.controllerToAccessory)
    const opener = new FrameOpener(crypto, keys.accessoryToController)
    this.#socket = connect({ host: '127.0.0.1', port })
    this.#socket.on('data', bytes => {
      opener.push(bytes)
      for (let payload = opener.next(); payload; payload = opener.next()) {
        this.messages.push(decodePayload(payload))
      }
    })
    this.#socket.on('error', () => undefined)
    this.closed = new Promise(resolve => {
      this.#socket.on('close', () => {
        this.messages.end()
        resolve()
      })
    })
  }

  /** Bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** A payload in a frame that is as it should be. */
  payload(...parts: Uint8Array[]): void {
    for (const piece of this.#sealer.seal(parts)) this.#socket.write(piece)
  }

  event(protocol: string, topic: string, fields: Fields): void {
    this.#message({ kind: 'event', protocol, topic }, fields)
  }

  /** @returns The answer, and what comes before it is passed over. */
  async request(protocol: string, topic: string, fields: Fields): Promise<HdsPayload> {
    const id = this.#lastId++
    this.#message({ kind: 'request', protocol, topic, id }, fields)
    for (;;) {
      const answer = await this.messages.next()
      if (answer.header.kind === 'response' && answer.header.id === id) return answer
    }
  }

  /** @returns Header status, and the status in the message. */
  async open(fields: Fields): Promise<[number, unknown]> {
    const { header, message } = await this.request('dataSend', 'open', fields)
    return [header.kind === 'response' ? header.status : -1, message.get('status')]
  }

  close(): void {
    this.#socket.destroy()
  }

  #message(header: HdsHeader, fields: Fields): void {
    this.payload(...encodePayload(header, dictionary(fields)))
  }
}
