import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

import type { CameraOptions, RunningCamera } from '@hksv/accessory'
import { nodeProvider as crypto } from '@hksv/crypto/node'
import type { ControllerIdentity } from '@hksv/hap'
import { decodeSetupRequest, decodeSetupResponse, deriveHdsKeys } from '@hksv/hds'
import {
  AccessoryClient,
  type Address,
  characteristicOf,
  HapConnection,
  type StoredAccessory,
  verify,
} from '@hksv/hub'
import { onTestFinished } from 'vitest'

import { FrontPairings, type FrontReply, type FrontRequest, FrontSession } from './front.ts'
import { Relay, type RelayFaults, setupAnswer } from './relay.ts'
import { openStore, pairStore, startOwn } from './scene.ts'

/** What a camera does wrong. Whatever is absent it does right. */
export interface Faults extends RelayFaults {
  /** Answers instead of the camera; requests before pair-verify come here, too. */
  readonly answer?: (request: FrontRequest, session: FrontSession) => FrontReply | undefined
  /** Changes an answer of the camera; those of pairing have the method `PAIR`. */
  readonly reply?: (request: FrontRequest, reply: FrontReply, session: FrontSession) => FrontReply
  /** Changes what is asked of the camera. */
  readonly request?: (request: FrontRequest) => FrontRequest
  /** Changes an event, or swallows it. */
  readonly event?: (body: Uint8Array, session: FrontSession) => Uint8Array | undefined
  /** Keeps connections of controllers that are removed. */
  readonly keepsRemoved?: boolean
  /** Once for each new session. */
  readonly open?: (session: FrontSession) => void
  /** Treats every controller as an administrator. */
  readonly isTrusting?: boolean
}

/** Our camera behind a proxy that ends all cryptography, and makes the mistakes that a test plants. */
export class FaultyCamera {
  readonly camera: RunningCamera
  faults: Faults = {}
  readonly pairings = new FrontPairings()
  readonly #sessions = new Set<FrontSession>()
  readonly #server: Server
  readonly #paired: Awaited<ReturnType<typeof pairStore>>
  readonly #setupIid: number
  readonly #guest: ControllerIdentity

  private constructor(parts: {
    camera: RunningCamera
    paired: Awaited<ReturnType<typeof pairStore>>
    setupIid: number
    guest: ControllerIdentity
  }) {
    this.camera = parts.camera
    this.#paired = parts.paired
    this.#setupIid = parts.setupIid
    this.#guest = parts.guest
    this.#server = createServer(socket => this.#accept(socket))
  }

  static async start(
    options: Partial<CameraOptions> & { speed?: number } = {},
  ): Promise<FaultyCamera> {
    const camera = await startOwn({ speed: 10, ...options })
    const { port, setupCode = '' } = camera.info
    const paired = await pairStore({ host: '127.0.0.1', port }, setupCode)
    await using client = await AccessoryClient.connect(paired)
    const transport = client.database.service('dataStreamTransportManagement')
    const { iid: setupIid } = characteristicOf(transport, 'setupDataStreamTransport')
    const guest = {
      identifier: 'guest-of-the-proxy',
      longTermKey: crypto.ed25519(crypto.random(32)),
    }
    const { identifier, longTermKey } = guest
    await client.addPairing({ identifier, publicKey: longTermKey.publicKey, permissions: 0 })
    const made = new FaultyCamera({ camera, paired, setupIid, guest })
    await new Promise<void>(resolve => made.#server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      made.#server.close()
      for (const session of made.#sessions) session.socket.destroy()
    })
    return made
  }

  get address(): Address {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }
  }

  #accept(socket: Socket): void {
    const session: FrontSession = new FrontSession(socket, this.pairings, request =>
      this.#answer(session, request),
    )
    this.#sessions.add(session)
    this.faults.open?.(session)
    socket.on('close', () => this.#sessions.delete(session))
  }

  /** A store that is paired with the front as its administrator. */
  async pairedStore(): Promise<{
    store: Awaited<ReturnType<typeof openStore>>
    accessory: StoredAccessory
  }> {
    const store = await openStore()
    const { identifier, longTermKey } = store.identity
    this.pairings.set([{ identifier, publicKey: longTermKey.publicKey, permissions: 1 }])
    const { identity } = this.pairings
    const accessory = {
      deviceId: identity.identifier,
      longTermPublicKey: Buffer.from(identity.longTermKey.publicKey).toString('hex'),
      ...this.address,
      pairedAt: '2026-01-01T00:00:00.000Z',
    }
    await store.save(accessory)
    return { store, accessory }
  }

  async #answer(session: FrontSession, asked: FrontRequest): Promise<FrontReply | undefined> {
    const given = this.faults.answer?.(asked, session)
    if (given !== undefined) return given
    if (asked.method === 'PAIR') {
      const plain: FrontReply = { status: 200, body: asked.body, type: 'application/pairing+tlv8' }
      return asked.body.length === 0 ? { status: 400 } : this.faults.reply?.(asked, plain, session)
    }
    const request = this.faults.request?.(asked) ?? asked
    const reply = await this.#ask(session, request)
    return this.faults.reply?.(asked, reply, session) ?? reply
  }

  async #ask(session: FrontSession, request: FrontRequest): Promise<FrontReply> {
    const { controllerId } = session
    if (request.path === '/identify') return { status: this.pairings.list.length > 0 ? 400 : 204 }
    if (controllerId === undefined || !session.isVerified) return { status: 470 }
    if (request.path === '/pairings') return this.#managePairings(session, controllerId, request)
    const back = await this.#backend(session)
    if (request.method === 'PUT' && this.#isSetup(request))
      return await this.#setUp(session, back, request)
    return await ask(back.connection, request)
  }

  #managePairings(session: FrontSession, controllerId: string, { body }: FrontRequest): FrontReply {
    const reply = this.pairings.answer(controllerId, body, this.faults.isTrusting)
    if (this.faults.keepsRemoved !== true) {
      for (const each of this.#sessions) {
        const isGone =
          each.controllerId !== undefined && this.pairings.find(each.controllerId) === undefined
        if (isGone && each !== session) each.socket.destroy()
        else if (isGone) setImmediate(() => each.socket.end())
      }
    }
    return reply
  }

  readonly #backends = new WeakMap<FrontSession, Promise<Backend>>()

  #backend(session: FrontSession): Promise<Backend> {
    const known = this.#backends.get(session)
    if (known !== undefined) return known
    const made = this.#connect(session)
    this.#backends.set(session, made)
    return made
  }

  async #connect(session: FrontSession): Promise<Backend> {
    const { store, accessory } = this.#paired
    const permissions = this.pairings.find(session.controllerId ?? '')?.permissions ?? 0
    const isAdmin = permissions === 1 || this.faults.isTrusting === true
    const connection = await HapConnection.open(crypto, accessory)
    const identity = isAdmin ? store.identity : this.#guest
    const sharedSecret = await verify({ crypto, connection, identity, accessory })
    connection.onEvent(({ body }) => {
      const changed = this.faults.event === undefined ? body : this.faults.event(body, session)
      if (changed !== undefined) session.send('EVENT/1.0 200 OK', { status: 200, body: changed })
    })
    const relays: Relay[] = []
    const close = () => {
      connection.close()
      for (const relay of relays) relay.close()
    }
    if (session.socket.destroyed) close()
    session.socket.on('close', () => this.faults.keepsCamera === true || close())
    connection.signal.addEventListener('abort', () => session.socket.destroy())
    return { connection, sharedSecret, relays }
  }

  #isSetup({ body }: FrontRequest): boolean {
    return Buffer.from(body).toString().includes(`"iid":${this.#setupIid},`)
  }

  /** Two data streams: one with the hub, one with the camera. */
  async #setUp(session: FrontSession, back: Backend, request: FrontRequest): Promise<FrontReply> {
    const json = JSON.parse(Buffer.from(request.body).toString())
    const asked = Buffer.from(String(json.characteristics[0].value), 'base64')
    const reply = await ask(back.connection, request)
    const answer = JSON.parse(Buffer.from(reply.body ?? []).toString() || '{}')
    const value = answer.characteristics?.[0]?.value
    if (typeof value !== 'string') return reply
    const response = decodeSetupResponse(Buffer.from(value, 'base64'))
    if (response.status !== 'success') return reply
    const { controllerKeySalt } = decodeSetupRequest(asked)
    const { accessoryKeySalt, port } = response
    const salts = { controllerKeySalt, accessoryKeySalt }
    const relay = new Relay({
      front: deriveHdsKeys(crypto, { sharedSecret: session.sharedSecret, ...salts }),
      back: deriveHdsKeys(crypto, { sharedSecret: back.sharedSecret, ...salts }),
      port,
      faults: () => this.faults,
    })
    back.relays.push(relay)
    answer.characteristics[0].value = setupAnswer(await relay.listen(), accessoryKeySalt)
    return { ...reply, body: Buffer.from(JSON.stringify(answer)) }
  }
}

interface Backend {
  readonly connection: HapConnection
  readonly sharedSecret: Uint8Array
  readonly relays: Relay[]
}

async function ask(
  connection: HapConnection,
  { method, path, body }: FrontRequest,
): Promise<FrontReply> {
  const type = 'application/hap+json'
  // The proxy hands on whatever was asked; the client's type names the methods of HAP.
  const sent = await connection.request(
    method as 'GET',
    path,
    body.length > 0 || method !== 'GET' ? { type, bytes: body } : undefined,
  )
  return { status: sent.status, body: sent.body, type: sent.headers.get('content-type') ?? type }
}
