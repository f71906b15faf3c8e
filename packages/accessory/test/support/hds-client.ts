import { connect, type Socket } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  decodeSetupResponse,
  deriveHdsKeys,
  encodeSetupRequest,
  HdsHub,
  type HdsHubCommand,
  type HdsHubEvent,
  type HdsKeys,
} from '@hksv/hds'

import { type HapClient, Mailbox } from '../client.ts'
import { put } from './requests.ts'

type EventOf<Type extends HdsHubEvent['type']> = Extract<HdsHubEvent, { type: Type }>

/** Asks for a data stream. @returns Where it is, and its keys. */
export async function setUpDataStream(
  client: HapClient,
  iid: number,
): Promise<{ port: number; keys: HdsKeys }> {
  const controllerKeySalt = crypto.random(32)
  const value = Buffer.from(encodeSetupRequest({ controllerKeySalt })).toString('base64')
  const { body } = await put(client, [{ iid, value, r: true }])
  const { characteristics } = body as { characteristics: { value: string }[] }
  const answer = Buffer.from(characteristics[0]?.value ?? '', 'base64')
  const response = decodeSetupResponse(answer)
  if (response.status !== 'success') throw new Error(response.status)
  const { port, accessoryKeySalt } = response
  const { sharedSecret = new Uint8Array() } = client
  const keys = deriveHdsKeys(crypto, { sharedSecret, controllerKeySalt, accessoryKeySalt })
  return { port, keys }
}

/** A hub's end of a data stream, as bare as its machine. */
export class HdsClient {
  readonly events: Mailbox<HdsHubEvent> = new Mailbox()
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #machine: HdsHub

  constructor({ port, keys }: { port: number; keys: HdsKeys }) {
    this.#machine = new HdsHub({ crypto, keys, random: crypto.random, now: 0 })
    this.#socket = connect({ host: '127.0.0.1', port })
    this.#socket.on('data', bytes => this.#act(this.#machine.receive(bytes, 0)))
    this.#socket.on('error', () => undefined)
    this.closed = new Promise(resolve => {
      this.#socket.on('close', () => {
        this.events.end()
        resolve()
      })
    })
    this.#act([])
  }

  send(command: HdsHubCommand): void {
    this.#act(this.#machine.send(command, 0))
  }

  /** The next event, which has to be of this type. */
  async next<Type extends HdsHubEvent['type']>(type: Type): Promise<EventOf<Type>> {
    const event = await this.events.next()
    if (event.type !== type) throw new Error(`${JSON.stringify(event)} instead of ${type}`)
    // Checked just above; the union does not narrow by a type parameter.
    return event as EventOf<Type>
  }

  /** Opens a recording. @returns Its number, and its initialization segment. */
  async open(): Promise<{ streamId: number; init: Uint8Array }> {
    this.send({ type: 'open-recording' })
    await this.next('opening')
    const { streamId } = await this.next('opened')
    const init = await this.next('fragment')
    if (init.dataType !== 'mediaInitialization') throw new Error('no initialization')
    return { streamId, init: init.data }
  }

  /** Asks for a recording that is not granted. @returns The reason. */
  async refused(): Promise<number | undefined> {
    this.send({ type: 'open-recording' })
    await this.next('opening')
    return (await this.next('refused')).reason
  }

  close(): void {
    this.#socket.destroy()
  }

  #act(events: readonly HdsHubEvent[]): void {
    for (const event of events) this.events.push(event)
    for (let piece = this.#machine.take(); piece; piece = this.#machine.take()) {
      this.#socket.write(piece)
    }
  }
}
