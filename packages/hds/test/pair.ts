import type { CryptoProvider } from '@hksv/crypto'
import { nodeProvider } from '@hksv/crypto/node'
import {
  HdsAccessory,
  type HdsAccessoryCommand,
  type HdsAccessoryEvent,
  HdsHub,
  type HdsHubCommand,
  type HdsHubEvent,
  type HdsKeys,
} from '@hksv/hds'

export const keys: HdsKeys = {
  accessoryToController: new Uint8Array(32).fill(0xac),
  controllerToAccessory: new Uint8Array(32).fill(0xca),
}

export type Side = 'accessory' | 'hub'

export interface PairOptions {
  readonly crypto?: CryptoProvider
  /** Bytes arrive in pieces of this length. */
  readonly cut?: number
  /** Bytes arrive this many milliseconds later. */
  readonly delayMs?: number
  readonly readTimeoutMs?: number
}

interface Flight {
  readonly to: Side
  readonly at: number
  readonly bytes: Uint8Array
}

/** A hub and an accessory joined in memory, in virtual time. */
export class Pair {
  now = 1000
  readonly accessory: HdsAccessory
  readonly hub: HdsHub
  /** What each side's machine said since the last look. */
  readonly events: { accessory: HdsAccessoryEvent[]; hub: HdsHubEvent[] } = {
    accessory: [],
    hub: [],
  }
  /** From these sides nothing is taken: their sockets are full. */
  readonly stalled = new Set<Side>()
  /** What these sides send is lost. */
  readonly lost = new Set<Side>()
  readonly #cut: number
  readonly #delayMs: number
  readonly #flights: Flight[] = []

  constructor(options: PairOptions = {}) {
    const { crypto = nodeProvider, cut = Number.POSITIVE_INFINITY, delayMs = 0 } = options
    this.#cut = cut
    this.#delayMs = delayMs
    this.accessory = new HdsAccessory({ crypto, keys, now: this.now })
    let drawn = 0
    const random = (length: number): Uint8Array => new Uint8Array(length).fill(++drawn)
    const { readTimeoutMs } = options
    const { now } = this
    this.hub = new HdsHub({
      crypto,
      keys,
      random,
      now,
      ...(readTimeoutMs === undefined ? {} : { readTimeoutMs }),
    })
  }

  /** A pair after hello. */
  static ready(options: PairOptions = {}): Pair {
    const pair = new Pair(options)
    pair.settle()
    pair.look()
    return pair
  }

  /** A pair with an accepted recording, number 1. */
  static recording(options: PairOptions = {}): Pair {
    const pair = Pair.ready(options)
    pair.sendHub({ type: 'open-recording' })
    pair.settle()
    pair.sendAccessory({ type: 'accept-recording', streamId: 1 })
    pair.settle()
    pair.look()
    return pair
  }

  sendAccessory(command: HdsAccessoryCommand): void {
    this.events.accessory.push(...this.accessory.send(command, this.now))
  }

  sendHub(command: HdsHubCommand): void {
    this.events.hub.push(...this.hub.send(command, this.now))
  }

  /** Hands bytes to one side, as if the other had sent them. */
  inject(to: Side, bytes: Uint8Array): void {
    if (to === 'hub') this.events.hub.push(...this.hub.receive(bytes, this.now))
    else this.events.accessory.push(...this.accessory.receive(bytes, this.now))
  }

  /** Moves bytes until none are under way; time passes only by the delay. */
  settle(): void {
    this.#collect()
    for (let flight = this.#flights.shift(); flight !== undefined; flight = this.#flights.shift()) {
      this.now = Math.max(this.now, flight.at)
      this.inject(flight.to, flight.bytes)
      this.#collect()
    }
  }

  /** @returns When the next timer of either side ends. */
  deadline(): number | undefined {
    const all = [this.accessory.deadline(), this.hub.deadline()].filter(at => at !== undefined)
    return all.length === 0 ? undefined : Math.min(...all)
  }

  /** Jumps to the next timer, lets it end, and settles. */
  expire(): void {
    const deadline = this.deadline()
    if (deadline === undefined) throw new Error('no timer runs')
    this.now = Math.max(this.now, deadline)
    this.tick()
  }

  /** Lets `ms` milliseconds pass, timer by timer. */
  pass(ms: number): void {
    const end = this.now + ms
    for (let at = this.deadline(); at !== undefined && at <= end; at = this.deadline())
      this.expire()
    this.now = end
    this.tick()
  }

  tick(): void {
    this.events.accessory.push(...this.accessory.tick(this.now))
    this.events.hub.push(...this.hub.tick(this.now))
    this.settle()
  }

  /** @returns What happened since the last look. */
  look(): { accessory: HdsAccessoryEvent[]; hub: HdsHubEvent[] } {
    return { accessory: this.events.accessory.splice(0), hub: this.events.hub.splice(0) }
  }

  #collect(): void {
    this.#take('accessory', 'hub')
    this.#take('hub', 'accessory')
  }

  #take(from: Side, to: Side): void {
    if (this.stalled.has(from)) return
    for (let piece = this[from].take(); piece !== undefined; piece = this[from].take()) {
      if (this.lost.has(from)) continue
      for (let at = 0; at < piece.length; at += this.#cut) {
        const bytes = piece.subarray(at, at + this.#cut)
        this.#flights.push({ to, at: this.now + this.#delayMs, bytes })
      }
    }
  }
}
