import { type AddressInfo, createServer, type Server } from 'node:net'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  type AccessoryIdentity,
  ADMIN,
  applyPairingsRequest,
  createSrpCredentials,
  decodePairingsRequest,
  hapStatus,
  type Pairing,
  PairSetupAccessory,
  PairSetupGate,
  PairVerifyAccessory,
} from '@hksv/hap'
import { ControllerStore, type StoredAccessory } from '@hksv/hub'
import { afterEach } from 'vitest'

import { cameraDatabase, type JsonCharacteristic, type JsonService } from './camera-database.ts'
import { HttpSession, type Reply, type Request } from './http-session.ts'
import { Recorder } from './recorder.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export const setupCode = '031-45-154'
export const deviceId = 'AA:BB:CC:DD:EE:0F'

const credentials = createSrpCredentials(crypto, setupCode)
const running: TestAccessory[] = []

afterEach(() => {
  for (const accessory of running.splice(0)) accessory.close()
})

interface Session {
  readonly http: HttpSession
  readonly setup: PairSetupAccessory
  readonly verify: PairVerifyAccessory
}

/** What a test does with a request instead of the accessory; `undefined` leaves it to the accessory. */
export type Intervention = (
  request: Request,
  http: HttpSession,
) => Reply | 'silence' | 'hang up' | undefined

/**
 * A camera on a real socket, of the accessory's machines: no mock of the hub, and without a decision
 * of its own but those the tests give it.
 */
export class TestAccessory {
  readonly identity: AccessoryIdentity
  readonly gate: PairSetupGate
  readonly recorder = new Recorder()
  /** As in `/accessories`; values are written here. */
  readonly services: JsonService[] = cameraDatabase()
  readonly pairings: Pairing[] = []
  /** Everything that was asked, pairing left out. */
  readonly requests: { method: string; path: string; body: unknown }[] = []
  readonly sessions: HttpSession[] = []
  intervene: Intervention = () => undefined
  /** What a test makes of an answer of the accessory. */
  amend: (request: Request, reply: Reply) => Reply = (_, reply) => reply
  readonly #server: Server
  readonly #waiting: (() => void)[] = []

  private constructor(options: { deviceId?: string; failedAttempts?: number }) {
    const { deviceId: identifier = deviceId, failedAttempts = 0 } = options
    this.identity = { identifier, longTermKey: crypto.ed25519(crypto.random(32)) }
    this.gate = new PairSetupGate({ isPaired: false, failedAttempts })
    this.#server = createServer(socket => {
      const { identity, gate } = this
      const random = (length: number) => crypto.random(length)
      const findPairing = (id: string) => this.pairings.find(each => each.identifier === id)
      const setup = new PairSetupAccessory({ crypto, identity, credentials, gate, random })
      const verify = new PairVerifyAccessory({ crypto, identity, findPairing, random })
      const http = new HttpSession(socket, (_, request) =>
        this.#onRequest({ http, setup, verify }, request),
      )
      this.sessions.push(http)
      socket.on('close', () => setup.close())
    })
  }

  static async start(
    options: { deviceId?: string; failedAttempts?: number } = {},
  ): Promise<TestAccessory> {
    const accessory = new TestAccessory(options)
    running.push(accessory)
    await new Promise<void>(resolve => accessory.#server.listen(0, '127.0.0.1', resolve))
    return accessory
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }
  }

  /** A store that is paired with this accessory, without going through pair-setup. */
  async pairedStore(
    permissions = ADMIN,
  ): Promise<{ store: ControllerStore; accessory: StoredAccessory }> {
    const store = await ControllerStore.open(temporaryDirectory(), crypto)
    const { identifier, longTermKey } = store.identity
    this.pairings.push({ identifier, publicKey: longTermKey.publicKey, permissions })
    this.gate.isPaired = true
    const accessory: StoredAccessory = {
      deviceId: this.identity.identifier,
      longTermPublicKey: Buffer.from(this.identity.longTermKey.publicKey).toString('hex'),
      ...this.address,
      pairedAt: '2026-01-01T00:00:00.000Z',
    }
    await store.save(accessory)
    return { store, accessory }
  }

  /** Changes a value and reports it to whoever asked for that. */
  change(iid: number, value: unknown): void {
    this.characteristic(iid).value = value
    for (const session of this.sessions) {
      if (!session.subscriptions.has(`1.${iid}`)) continue
      session.sendEvent({ characteristics: [{ aid: 1, iid, value }] })
    }
  }

  characteristic(iid: number): JsonCharacteristic {
    const found = this.#find(iid)
    if (found === undefined) throw new Error(`no characteristic ${iid}`)
    return found
  }

  /** Waits for a request of this kind, past or future. */
  async asked(method: string, path: string): Promise<void> {
    while (!this.requests.some(each => each.method === method && each.path.startsWith(path))) {
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  close(): void {
    for (const { socket } of this.sessions) socket.destroy()
    this.#server.close()
    this.recorder.close()
  }

  async #onRequest(session: Session, request: Request): Promise<void> {
    const { http } = session
    const { method, path, body } = request
    if (!path.startsWith('/pair')) {
      const json: unknown = body.length === 0 ? undefined : JSON.parse(body.toString())
      this.requests.push({ method, path, body: json })
    }
    for (const wake of this.#waiting.splice(0)) wake()
    const reply =
      this.intervene(request, http) ?? this.amend(request, await this.#answer(session, request))
    if (reply === 'hang up') http.socket.destroy()
    else if (reply !== 'silence') http.send(reply)
    this.#afterwards(session)
  }

  async #answer(session: Session, { method, path, body }: Request): Promise<Reply> {
    const { http } = session
    if (path === '/pair-setup') return this.#pairSetup(session, body)
    if (path === '/pair-verify') return pairing(step(session.verify, body))
    if (!http.isVerified) return { status: 470, body: Buffer.from('{"status":-70411}') }
    if (path === '/pairings') return this.#managePairings(http, body)
    if (path === '/accessories') {
      return json(200, { accessories: [{ aid: 1, services: this.services }] })
    }
    if (path === '/prepare') {
      http.pid = JSON.parse(body.toString()).pid
      return json(200, { status: 0 })
    }
    if (method === 'GET') return this.#read(path)
    if (path === '/resource')
      return { status: 200, type: 'image/jpeg', body: Buffer.from('ffd8ffd9', 'hex') }
    return this.#write(http, JSON.parse(body.toString()))
  }

  #pairSetup({ setup }: Session, body: Buffer): Reply {
    for (const event of setup.receive(body, 0)) {
      if (event.type !== 'paired') continue
      this.pairings.push(event.pairing)
      this.gate.isPaired = true
    }
    return pairing(setup.take())
  }

  #managePairings(http: HttpSession, body: Buffer): Reply {
    const request = decodePairingsRequest(body)
    const requester = this.pairings.find(({ identifier }) => identifier === http.controllerId)
    const { answer, pairings } = applyPairingsRequest(this.pairings, request, requester)
    this.pairings.splice(0, this.pairings.length, ...pairings)
    this.gate.isPaired = pairings.length > 0
    return pairing(answer)
  }

  #read(path: string): Reply {
    const ids = path.slice(path.indexOf('=') + 1).split(',')
    const entries = ids.map(id => {
      const iid = Number(id.slice(2))
      const found = this.#find(iid)
      return found === undefined
        ? { aid: 1, iid, status: hapStatus.doesNotExist }
        : { aid: 1, iid, value: found.value }
    })
    return json(200, { characteristics: entries })
  }

  async #write(
    http: HttpSession,
    { characteristics, pid }: { characteristics: WrittenEntry[]; pid?: number },
  ): Promise<Reply> {
    const isTimed = pid !== undefined && pid === http.pid
    http.pid = undefined
    const entries: object[] = []
    for (const { aid, iid, value, ev, r } of characteristics) {
      const found = this.characteristic(iid)
      if (ev !== undefined) http.subscriptions[ev ? 'add' : 'delete'](`${aid}.${iid}`)
      const isRefused =
        (found.perms.includes('tw') && value !== undefined && !isTimed) ||
        (pid !== undefined && !isTimed)
      if (isRefused) entries.push({ aid, iid, status: hapStatus.invalidValue })
      else if (r === true) {
        const setup = Buffer.from(String(value), 'base64')
        const response = await this.recorder.setUp(http.sharedSecret, setup)
        entries.push({ aid, iid, status: 0, value: Buffer.from(response).toString('base64') })
      } else if (value !== undefined) found.value = value
    }
    return entries.length === 0 ? { status: 204 } : json(207, { characteristics: entries })
  }

  #find(iid: number): JsonCharacteristic | undefined {
    return this.services.flatMap(each => each.characteristics).find(each => each.iid === iid)
  }

  /** What may happen only when the answer has left. */
  #afterwards({ http, verify }: Session): void {
    const verified = verifiedOf.get(verify)
    if (verified !== undefined && !http.isVerified) {
      http.controllerId = verified.identifier
      http.sharedSecret = verified.sharedSecret
      http.secure(verified.keys)
    }
    if (!http.isVerified) return
    const isKnown = this.pairings.some(({ identifier }) => identifier === http.controllerId)
    if (!isKnown) http.socket.end()
  }
}

interface WrittenEntry {
  readonly aid: number
  readonly iid: number
  readonly value?: unknown
  readonly ev?: boolean
  readonly r?: boolean
}

type Verified = ReturnType<PairVerifyAccessory['receive']>[number]

const verifiedOf = new WeakMap<PairVerifyAccessory, Verified>()

function step(verify: PairVerifyAccessory, body: Buffer): Uint8Array | undefined {
  for (const event of verify.receive(body)) verifiedOf.set(verify, event)
  return verify.take()
}

function pairing(body: Uint8Array | undefined): Reply {
  return body === undefined
    ? { status: 400 }
    : { status: 200, type: 'application/pairing+tlv8', body }
}

/** An answer in JSON. */
export function json(status: number, body: object): Reply {
  return { status, body: Buffer.from(JSON.stringify(body)) }
}
