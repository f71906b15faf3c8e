import { setMaxListeners } from 'node:events'
import type { Socket } from 'node:net'

import type {
  HttpRequest,
  PairSetupAccessory,
  PairVerifyAccessory,
  RecordOpener,
  RecordSealer,
} from '@hksv/hap'

import { ACCESSORY_ID } from '../database/attribute-database.ts'
import type { Characteristic } from '../database/characteristic.ts'
import type { Requester } from '../database/request-context.ts'
import { EventPacer, type PendingEvent } from './event-pacer.ts'
import { HapConnection } from './hap-connection.ts'
import type { Reply } from './reply.ts'

/** Events that wait for a peer that does not read: beyond these it is gone. */
const MAX_WAITING_EVENTS = 64

/** A prepared timed write: valid once, until `expiresAt` (milliseconds of the session's clock). */
export interface TimedWrite {
  readonly pid: number | bigint
  readonly expiresAt: number
}

/** One connection of a controller, from accept to close. */
export class HapSession {
  readonly pairSetup: PairSetupAccessory
  readonly pairVerify: PairVerifyAccessory
  readonly subscriptions: Set<number> = new Set()
  timedWrite: TimedWrite | undefined
  readonly #connection: HapConnection
  readonly #closed = new AbortController()
  readonly #events = new EventPacer()
  readonly #now: () => number
  #requester: Requester | undefined
  #timer: NodeJS.Timeout | undefined
  #lastRequestAt: number
  #hasAsked = false

  constructor(options: {
    socket: Socket
    pairSetup: PairSetupAccessory
    pairVerify: PairVerifyAccessory
    now: () => number
    /** Answers a request. When it rejects, the connection ends without an answer. */
    answer: (session: HapSession, request: HttpRequest) => Reply | Promise<Reply>
    closed: (session: HapSession, error: Error | undefined) => void
  }) {
    // What a controller has open hangs on it, which may be a dozen streams and setups.
    setMaxListeners(0, this.#closed.signal)
    this.pairSetup = options.pairSetup
    this.pairVerify = options.pairVerify
    this.#now = options.now
    this.#lastRequestAt = this.#now()
    this.#connection = new HapConnection(options.socket, {
      answer: request => {
        this.#lastRequestAt = this.#now()
        this.#hasAsked = true
        return options.answer(this, request)
      },
      idle: () => this.#flushEvents(),
      closed: error => {
        this.#forget()
        options.closed(this, error)
      },
    })
  }

  /** Who is at the other end, once pair-verify has finished. */
  get requester(): Requester | undefined {
    return this.#requester
  }

  /** Aborted when the connection ends. */
  get signal(): AbortSignal {
    return this.#closed.signal
  }

  /** For how long no request has come, in milliseconds. */
  get idleMs(): number {
    return this.#now() - this.#lastRequestAt
  }

  /** Whether there was a request at all. */
  get hasAsked(): boolean {
    return this.#hasAsked
  }

  /** Pair-verify has finished, and its last answer is written: from now on all is sealed. */
  verified(
    controller: { controllerId: string; sharedSecret: Uint8Array },
    opener: RecordOpener,
    sealer: RecordSealer,
  ): void {
    const { localAddress } = this.#connection
    this.#requester = { ...controller, localAddress, signal: this.signal }
    this.#connection.secure(opener, sealer)
  }

  /** Reports a change, unless this connection made it or does not listen. */
  notify(characteristic: Characteristic, origin: Requester | undefined): void {
    const isOwn = origin !== undefined && origin === this.#requester
    if (isOwn || !this.subscriptions.has(characteristic.instanceId)) return
    this.#events.add(characteristic)
    if (this.#events.waiting > MAX_WAITING_EVENTS) this.destroy()
    else this.#flushEvents()
  }

  /** Begins or ends to report changes of a characteristic. */
  subscribe(instanceId: number, isWanted: boolean): void {
    if (isWanted) this.subscriptions.add(instanceId)
    else {
      this.subscriptions.delete(instanceId)
      this.#events.remove(instanceId)
    }
  }

  /** Ends the connection once the request under way is answered. */
  end(): void {
    this.#connection.end()
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#connection.destroy()
  }

  /** Wipes the secrets and aborts what depends on the connection. */
  #forget(): void {
    clearTimeout(this.#timer)
    this.pairSetup.close()
    this.pairVerify.close()
    this.#closed.abort()
    this.#requester?.sharedSecret.fill(0)
  }

  #flushEvents(): void {
    clearTimeout(this.#timer)
    // An event must never stand between a request and its response, nor pile up in the socket.
    if (this.#connection.isBusy || this.#connection.isCongested || this.signal.aborted) return
    let events = this.#events.take(this.#now())
    while (events !== undefined) {
      this.#connection.write(encodeEvent(events))
      events = this.#events.take(this.#now())
    }
    const due = this.#events.deadline()
    if (due === undefined) return
    this.#timer = setTimeout(() => this.#flushEvents(), Math.max(0, due - this.#now()))
    this.#timer.unref()
  }
}

/** @see HomeKit Accessory Protocol R2 §6.8 */
function encodeEvent(events: readonly PendingEvent[]): Buffer {
  const characteristics = events.map(({ instanceId, value }) => ({
    aid: ACCESSORY_ID,
    iid: instanceId,
    value,
  }))
  const body = JSON.stringify({ characteristics })
  const head = `EVENT/1.0 200 OK\r\nContent-Type: application/hap+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  return Buffer.from(head + body)
}
