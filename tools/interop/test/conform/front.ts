import type { Socket } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  type AccessoryIdentity,
  applyPairingsRequest,
  createSrpCredentials,
  decodePairingsRequest,
  HttpRequestParser,
  type Pairing,
  PairSetupAccessory,
  PairSetupGate,
  PairVerifyAccessory,
  RecordOpener,
  RecordSealer,
} from '@hksv/hap'

/** A request of the hub. */
export interface FrontRequest {
  readonly method: string
  readonly path: string
  readonly body: Uint8Array
}

/** An answer to it. */
export interface FrontReply {
  readonly status: number
  readonly body?: Uint8Array
  readonly type?: string
}

/** Who is paired with the front, and how it pairs. */
export class FrontPairings {
  readonly identity: AccessoryIdentity = {
    identifier: 'AA:BB:CC:DD:EE:0F',
    longTermKey: crypto.ed25519(crypto.random(32)),
  }
  readonly gate: PairSetupGate = new PairSetupGate({ isPaired: false, failedAttempts: 0 })
  readonly credentials = createSrpCredentials(crypto, '031-45-154')
  list: readonly Pairing[] = []

  find(identifier: string): Pairing | undefined {
    return this.list.find(each => each.identifier === identifier)
  }

  set(list: readonly Pairing[]): void {
    this.list = list
    this.gate.isPaired = list.length > 0
  }

  /** Answers `/pairings`. @param isTrusting Everybody is an administrator. */
  answer(controllerId: string, body: Uint8Array, isTrusting = false): FrontReply {
    const asking = this.find(controllerId)
    const { answer, pairings } = applyPairingsRequest(
      this.list,
      decodePairingsRequest(body),
      asking && { ...asking, permissions: isTrusting ? 1 : asking.permissions },
    )
    this.set(pairings)
    return { status: 200, body: answer, type: 'application/pairing+tlv8' }
  }
}

/** One connection of a hub: the accessory's machines over a socket, and nothing of a camera. */
export class FrontSession {
  readonly pairings: FrontPairings
  readonly #socket: Socket
  readonly #parser = new HttpRequestParser()
  readonly #setup: PairSetupAccessory
  readonly #verify: PairVerifyAccessory
  #opener: RecordOpener | undefined
  #sealer: RecordSealer | undefined
  #turn: Promise<void> = Promise.resolve()
  /** Of pair-verify. */
  controllerId: string | undefined
  sharedSecret: Uint8Array = new Uint8Array(0)
  /** Seals answers in its own way. */
  seal: ((bytes: Uint8Array) => Uint8Array) | undefined
  /** Keys of the records, for {@link seal}. */
  accessoryKey: Uint8Array = new Uint8Array(0)

  constructor(
    socket: Socket,
    pairings: FrontPairings,
    answer: (request: FrontRequest) => Promise<FrontReply | undefined>,
  ) {
    this.pairings = pairings
    this.#socket = socket
    const { identity, credentials, gate } = pairings
    const random = (length: number) => crypto.random(length)
    this.#setup = new PairSetupAccessory({ crypto, identity, credentials, gate, random })
    this.#verify = new PairVerifyAccessory({
      crypto,
      identity,
      random,
      findPairing: id => pairings.find(id),
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#setup.close())
    socket.on('data', bytes => this.#receive(bytes, answer))
  }

  get socket(): Socket {
    return this.#socket
  }

  get isVerified(): boolean {
    return this.#sealer !== undefined
  }

  /** `/pair-setup` and `/pair-verify`; the session is secured behind the answer. */
  pair(path: string, body: Uint8Array): { reply: FrontReply; sent?: () => void } {
    const machine = path === '/pair-setup' ? this.#setup : this.#verify
    try {
      const events = machine.receive(body, performance.now())
      const answer = machine.take()
      if (answer === undefined) return { reply: { status: 400 } }
      const reply: FrontReply = { status: 200, body: answer, type: 'application/pairing+tlv8' }
      for (const event of events) if (event.type === 'paired') this.pairings.set([event.pairing])
      const verified = events.find(event => event.type === 'verified')
      if (verified?.type !== 'verified') return { reply }
      const sent = () => {
        this.controllerId = verified.identifier
        this.sharedSecret = verified.sharedSecret
        this.accessoryKey = verified.keys.accessoryToController
        this.#opener = new RecordOpener(crypto, verified.keys.controllerToAccessory)
        this.#sealer = new RecordSealer(crypto, verified.keys.accessoryToController)
      }
      return { reply, sent }
    } catch {
      return { reply: { status: 400 } }
    }
  }

  send(
    head: string,
    { body = new Uint8Array(0), type = 'application/hap+json' }: FrontReply,
  ): void {
    const fields = head.includes(' 204 ')
      ? ''
      : `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n`
    const bytes = Buffer.concat([Buffer.from(`${head}\r\n${fields}\r\n`), body])
    const seal = this.seal ?? ((plain: Uint8Array) => this.#sealer?.seal(plain) ?? plain)
    if (this.#socket.writable) this.#socket.write(this.isVerified ? seal(bytes) : bytes)
  }

  #receive(
    bytes: Uint8Array,
    answer: (request: FrontRequest) => Promise<FrontReply | undefined>,
  ): void {
    try {
      const parts = this.#opener?.open(bytes) ?? [bytes]
      for (const part of parts) {
        for (let rest = part; rest.length > 0; ) {
          rest = rest.subarray(this.#parser.receive(rest))
          const request = this.#parser.take()
          if (request === undefined) continue
          const { method, target: path, body } = request
          this.#turn = this.#turn.then(() => this.#answer({ method, path, body }, answer))
        }
      }
    } catch {
      this.#socket.destroy()
    }
  }

  async #answer(
    request: FrontRequest,
    answer: (request: FrontRequest) => Promise<FrontReply | undefined>,
  ): Promise<void> {
    const { path, body } = request
    try {
      if (!this.isVerified && path.startsWith('/pair-')) {
        const { reply, sent } = this.pair(path, body)
        this.send(
          `HTTP/1.1 ${reply.status} OK`,
          (await answer({ ...request, method: 'PAIR', body: reply.body ?? body })) ?? reply,
        )
        sent?.()
        return
      }
      const reply = await answer(request)
      if (reply !== undefined) this.send(`HTTP/1.1 ${reply.status} OK`, reply)
    } catch {
      this.#socket.destroy()
    }
  }
}
