import type { Socket } from 'node:net'

import type { HdsAccessory, HdsAccessoryCommand } from '@hksv/hds'

import type { Requester } from '../database/request-context.ts'
import type { Log } from '../log.ts'

/** Whatever the machine of a connection reports. */
export type HdsEvent = ReturnType<HdsAccessory['receive']>[number]

/** Told of everything that happens on a connection. */
export type HdsEventHandler = (connection: HdsConnection, event: HdsEvent) => void

/** Why a connection is over, for whoever sent something on it. */
export type HdsLoss =
  /** The hub took nothing for ten seconds. */
  | 'stalled'
  /** Its HAP connection is gone. */
  | 'HAP connection lost'
  /** The hub broke the protocol. */
  | 'protocol error'
  | 'connection lost'
  /** The camera stops. */
  | 'camera stopped'

/** Bytes on their way that make no progress for this long are not wanted. */
const STALL_MS = 10_000

/** One HDS connection of a hub: the socket, the clock and the timer of an {@link HdsAccessory}. */
export class HdsConnection {
  /** Whose connection it is: the HAP session that set it up. */
  readonly requester: Requester
  /** The set-up that it came from. */
  readonly setUp: object
  readonly #socket: Socket
  readonly #machine: HdsAccessory
  readonly #now: () => number
  readonly #log: Log
  readonly #onEvent: HdsEventHandler
  readonly #closed = new AbortController()
  readonly #waiting = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #stall: NodeJS.Timeout | undefined
  #depth = 0
  #loss: HdsLoss | undefined

  constructor(options: {
    requester: Requester
    setUp: object
    socket: Socket
    machine: HdsAccessory
    now: () => number
    log: Log
    onEvent: HdsEventHandler
  }) {
    this.requester = options.requester
    this.setUp = options.setUp
    this.#socket = options.socket
    this.#machine = options.machine
    this.#now = options.now
    this.#log = options.log
    this.#onEvent = options.onEvent
    this.#socket.on('data', bytes => {
      this.#step(() => this.#machine.receive(bytes, this.#now()))
    })
    this.#socket.on('drain', () => this.#drain())
    this.#socket.on('error', error => this.#log.debug({ err: error }, 'HDS connection lost'))
    this.#socket.on('close', () => this.#ended())
    this.#schedule()
  }

  /** Aborted when the connection is gone. */
  get signal(): AbortSignal {
    return this.#closed.signal
  }

  /** Why it is gone. */
  get loss(): HdsLoss | undefined {
    return this.#loss
  }

  /** The address of the hub, if the socket still knows. */
  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress
  }

  /** Sealed bytes that the hub has not taken. */
  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  /** Hands over the bytes that identified the connection. */
  begin(bytes: Uint8Array): void {
    this.#step(() => this.#machine.receive(bytes, this.#now()))
  }

  send(command: HdsAccessoryCommand): void {
    if (!this.signal.aborted) this.#step(() => this.#machine.send(command, this.#now()))
  }

  /** Resolves when all that was sent is in the hands of the system, or the connection is gone. */
  async drained(): Promise<void> {
    while (!this.signal.aborted && this.#isBusy()) {
      await new Promise<void>(resolve => this.#waiting.add(resolve))
    }
  }

  close(loss: HdsLoss): void {
    this.#loss ??= loss
    this.#socket.destroy()
  }

  #step(work: () => HdsEvent[]): void {
    this.#depth++
    try {
      for (const event of work()) this.#report(event)
    } finally {
      this.#depth--
    }
    // What is sent in answer to an event leaves together: the consent and the initialization.
    if (this.#depth > 0) return
    this.#flush()
    this.#schedule()
  }

  #report(event: HdsEvent): void {
    if (event.type === 'notice') this.#log.debug(`HDS: ${event.rule}: ${event.detail}`)
    if (event.type === 'failed') {
      this.#log.warn(`HDS connection closed: ${event.error.message}.`)
      this.close('protocol error')
    }
    this.#onEvent(this, event)
  }

  /** Takes from the machine, which seals as it goes, only as much as the socket has room for. */
  #flush(): void {
    this.#socket.cork()
    while (!this.#socket.writableNeedDrain && !this.#socket.destroyed) {
      const piece = this.#machine.take()
      if (piece === undefined) break
      this.#socket.write(piece)
    }
    this.#socket.uncork()
    if (!this.#isBusy()) this.#wake()
    else if (!this.signal.aborted) this.#stall ??= setTimeout(() => this.#giveUp(), STALL_MS)
  }

  /** The hub took all that was in the socket; that it says something is no progress. */
  #drain(): void {
    clearTimeout(this.#stall)
    this.#stall = undefined
    this.#flush()
  }

  #giveUp(): void {
    this.#log.warn('A hub took nothing for 10 s; its connection is closed.')
    this.close('stalled')
  }

  #isBusy(): boolean {
    return this.#machine.pendingLength > 0 || this.#socket.writableNeedDrain
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    const deadline = this.#machine.deadline()
    if (deadline === undefined || this.signal.aborted) return
    const wait = Math.max(0, deadline - this.#now())
    this.#timer = setTimeout(() => this.#step(() => this.#machine.tick(this.#now())), wait)
  }

  #ended(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#stall)
    this.#loss ??= 'connection lost'
    this.#closed.abort()
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
