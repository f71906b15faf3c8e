import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

import {
  type AccessoryIdentity,
  type HttpRequest,
  isHapError,
  PairSetupAccessory,
  type PairSetupGate,
  PairVerifyAccessory,
  type SrpCredentials,
} from '@hksv/hap'

import { AccessoryError } from '../errors.ts'
import { isNodeError } from '../storage/state-file.ts'
import type { Reply } from './reply.ts'
import { type RouterContext, route } from './router.ts'
import { HapSession } from './session.ts'

/** Each hub and each phone of a home holds one connection. */
const MAX_SESSIONS = 64
/** Of those, connections that have not verified. */
const MAX_STRANGERS = 16
/** One controller's share of the verified ones. */
const MAX_OF_ONE = 32
/** A phone that left the home says no goodbye. */
const IDLE_MS = 60_000

/** What the server brings to pair-setup and pair-verify. */
export interface PairingParts {
  readonly identity: AccessoryIdentity
  /** Looked at by each pair-setup: a code may be renewed. */
  readonly credentials: SrpCredentials
  readonly gate: PairSetupGate
}

/** The TCP side of the accessory: its connections, and who has to go when there are too many. */
export class HapServer {
  readonly #context: RouterContext
  readonly #pairing: PairingParts
  readonly #sessions = new Set<HapSession>()
  readonly #tcp: Server
  readonly #stopListening: () => void

  constructor(context: Omit<RouterContext, 'verified'>, pairing: PairingParts) {
    this.#context = { ...context, verified: session => this.#limitOne(session) }
    this.#pairing = pairing
    this.#tcp = createServer({ allowHalfOpen: true }, socket => this.#accept(socket))
    this.#stopListening = context.database.onChange((characteristic, origin) => {
      for (const session of this.#sessions) session.notify(characteristic, origin)
    })
  }

  /**
   * @param port 0 for any free one.
   * @returns The port.
   * @throws AccessoryError `PORT_IN_USE`, `BIND_FAILED`.
   */
  async listen(host: string | undefined, port: number): Promise<number> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#tcp.once('error', reject)
        this.#tcp.listen({ port, ...(host === undefined ? {} : { host }) }, resolve)
      })
    } catch (cause) {
      throw listenError(cause, host, port)
    }
    this.#tcp.on('error', error => this.#context.log.error({ err: error }, 'HAP listener failed'))
    return (this.#tcp.address() as AddressInfo).port
  }

  /** Verified connections. */
  get sessionCount(): number {
    return [...this.#sessions].filter(({ requester }) => requester !== undefined).length
  }

  /** Pairing ids of the controllers that listen for a characteristic's changes. */
  subscribers(instanceId: number): string[] {
    const ids = new Set<string>()
    for (const { requester, subscriptions } of this.#sessions) {
      if (requester !== undefined && subscriptions.has(instanceId)) ids.add(requester.controllerId)
    }
    return [...ids]
  }

  /** Ends the connections whose pairing is gone, once their request under way is answered. */
  endUnpairedSessions(): void {
    for (const session of this.#sessions) {
      const { requester } = session
      if (requester === undefined) continue
      if (this.#context.pairings.find(requester.controllerId) === undefined) session.end()
    }
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    this.#stopListening()
    const closed = new Promise<void>(resolve => this.#tcp.close(() => resolve()))
    for (const session of this.#sessions) session.destroy()
    await closed
  }

  #accept(socket: Socket): void {
    if (!this.#makeRoom()) {
      socket.destroy()
      return
    }
    const { identity, credentials, gate } = this.#pairing
    const { crypto, pairings, now } = this.#context
    const random = (length: number) => crypto.random(length)
    const session = new HapSession({
      socket,
      pairSetup: new PairSetupAccessory({
        crypto,
        identity,
        credentials,
        gate,
        random,
      }),
      pairVerify: new PairVerifyAccessory({
        crypto,
        identity,
        random,
        findPairing: identifier => pairings.find(identifier),
      }),
      now,
      answer: (from, request) => this.#answer(from, request),
      closed: (from, error) => {
        this.#sessions.delete(from)
        if (error === undefined) return
        const isOurs = !isNodeError(error) && !isHapError(error)
        if (isOurs) this.#context.log.error({ err: error }, 'a request failed')
        else this.#context.log.debug({ err: error }, 'a connection was lost')
      },
    })
    this.#sessions.add(session)
  }

  #answer(session: HapSession, request: HttpRequest): Reply | Promise<Reply> {
    return route(this.#context, session, request)
  }

  /**
   * Before another connection comes: strangers make room for strangers, those first that never asked
   * anything, the one that is pairing last; controllers make room when they were silent for a minute.
   */
  #makeRoom(): boolean {
    const strangers = [...this.#sessions].filter(({ requester }) => requester === undefined)
    const isFull = this.#sessions.size >= MAX_SESSIONS
    if (!isFull && strangers.length < MAX_STRANGERS) return true
    const { gate } = this.#pairing
    const leaving =
      longestSilent(strangers.filter(({ hasAsked }) => !hasAsked)) ??
      longestSilent(strangers.filter(({ pairSetup }) => !gate.isHeldBy(pairSetup))) ??
      longestSilent(strangers) ??
      longestSilent([...this.#sessions].filter(({ idleMs }) => idleMs >= IDLE_MS))
    if (leaving === undefined) return false
    this.#dismiss(leaving)
    return true
  }

  /** A controller that opens one connection after the other loses those it left behind. */
  #limitOne(session: HapSession): void {
    const { controllerId } = session.requester ?? {}
    const own = [...this.#sessions].filter(
      ({ requester }) => requester?.controllerId === controllerId,
    )
    if (own.length <= MAX_OF_ONE) return
    const leaving = longestSilent(own)
    if (leaving !== undefined) this.#dismiss(leaving)
  }

  #dismiss(session: HapSession): void {
    this.#sessions.delete(session)
    session.destroy()
  }
}

function longestSilent(sessions: readonly HapSession[]): HapSession | undefined {
  let found: HapSession | undefined
  for (const session of sessions) {
    if (found === undefined || session.idleMs > found.idleMs) found = session
  }
  return found
}

function listenError(cause: unknown, host: string | undefined, port: number): AccessoryError {
  const where = host === undefined ? `port ${port}` : `${host}, port ${port}`
  if (isNodeError(cause) && cause.code === 'EADDRINUSE') {
    return new AccessoryError('PORT_IN_USE', {
      message:
        `Cannot listen on ${where}: it is in use, perhaps by this camera started twice. ` +
        'Stop the other program, or choose another port with --port.',
      cause,
    })
  }
  const why = isNodeError(cause) ? (cause.code ?? cause.message) : String(cause)
  return new AccessoryError('BIND_FAILED', {
    message: `Cannot listen on ${where}: ${why}. Choose an address of this machine with --bind.`,
    cause,
  })
}
