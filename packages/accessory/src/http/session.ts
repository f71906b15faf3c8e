import type { PairSetupAccessory, PairVerifyAccessory } from '@hksv/hap'
import { ACCESSORY_ID } from '../database/attribute-database.ts'
import type { Characteristic, Requester } from '../database/characteristic.ts'
import { EventPacer } from './event-pacer.ts'
import type { RecordStream } from './record-stream.ts'

/** A prepared timed write: valid once, until `expiresAt` (milliseconds of the session's clock). */
export interface TimedWrite {
  readonly pid: number
  readonly expiresAt: number
}

/** One connection of a controller, from accept to close. */
export class HapSession {
  readonly stream: RecordStream
  readonly pairSetup: PairSetupAccessory
  readonly pairVerify: PairVerifyAccessory
  readonly subscriptions: Set<number> = new Set()
  timedWrite: TimedWrite | undefined
  #requester: Requester | undefined
  readonly #closed = new AbortController()
  readonly #events = new EventPacer()
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined
  #requestsUnderWay = 0
  #lastRequestAt: number
  #queue: Promise<void> = Promise.resolve()

  constructor(options: {
    stream: RecordStream
    pairSetup: PairSetupAccessory
    pairVerify: PairVerifyAccessory
    now: () => number
  }) {
    this.stream = options.stream
    this.pairSetup = options.pairSetup
    this.pairVerify = options.pairVerify
    this.#now = options.now
    this.#lastRequestAt = this.#now()
  }

  /** Who is at the other end, once pair-verify has finished. */
  get requester(): Requester | undefined {
    return this.#requester
  }

  /** Aborted when the connection ends. */
  get signal(): AbortSignal {
    return this.#closed.signal
  }

  /** For how long no request has begun, in milliseconds. */
  get idleMs(): number {
    return this.#now() - this.#lastRequestAt
  }

  /** Pair-verify has finished. */
  verified(controllerId: string, sharedSecret: Uint8Array): void {
    const localAddress = this.stream.socket.localAddress ?? ''
    this.#requester = { controllerId, sharedSecret, localAddress, signal: this.signal }
  }

  /** Runs the requests of this connection one after the other, in the order they came. */
  enqueue(run: () => Promise<void>): void {
    this.#requestsUnderWay++
    this.#lastRequestAt = this.#now()
    this.#queue = this.#queue.then(run).finally(() => {
      this.#requestsUnderWay--
      this.#flushEvents()
    })
  }

  /** Reports a change, unless this connection made it or does not listen. */
  notify(characteristic: Characteristic, origin: Requester | undefined): void {
    const isOwn = origin !== undefined && origin === this.#requester
    if (isOwn || !this.subscriptions.has(characteristic.instanceId)) return
    this.#events.add(characteristic)
    this.#flushEvents()
  }

  /** Ends or begins to report changes of a characteristic. */
  subscribe(instanceId: number, isWanted: boolean): void {
    if (isWanted) this.subscriptions.add(instanceId)
    else {
      this.subscriptions.delete(instanceId)
      this.#events.remove(instanceId)
    }
  }

  /** The connection has ended: wipes its secrets and aborts what depends on it. */
  close(): void {
    clearTimeout(this.#timer)
    this.pairSetup.close()
    this.pairVerify.close()
    this.#closed.abort()
    this.#requester?.sharedSecret.fill(0)
    this.stream.destroy()
  }

  #flushEvents(): void {
    clearTimeout(this.#timer)
    // An event must never stand between a request and its response.
    if (this.#requestsUnderWay > 0 || this.signal.aborted) return
    let events = this.#events.take(this.#now())
    while (events !== undefined) {
      this.stream.write(encodeEvent(events))
      events = this.#events.take(this.#now())
    }
    const due = this.#events.deadline()
    if (due === undefined) return
    this.#timer = setTimeout(() => this.#flushEvents(), Math.max(0, due - this.#now()))
    this.#timer.unref()
  }
}

/** @see HomeKit Accessory Protocol R2 §6.8 */
function encodeEvent(events: readonly { instanceId: number; value: unknown }[]): Buffer {
  const body = Buffer.from(
    JSON.stringify({
      characteristics: events.map(({ instanceId, value }) => ({
        aid: ACCESSORY_ID,
        iid: instanceId,
        value,
      })),
    }),
  )
  const head = `EVENT/1.0 200 OK\r\nContent-Type: application/hap+json\r\nContent-Length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}
