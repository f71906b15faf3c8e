import { createHash } from 'node:crypto'
import type { CryptoProvider } from '@hksv/crypto'
import { nodeProvider } from '@hksv/crypto/node'
import {
  type Pairing,
  PairSetupAccessory,
  PairSetupController,
  type PairSetupEvent,
  PairSetupGate,
  PairVerifyAccessory,
  PairVerifyController,
} from '@hksv/hap'

import { fromHex, toHex, vectors } from './vector.ts'

interface Party {
  readonly identifier: string
  readonly seed: string
}

const { setupCode, salt, verifier, controller, accessory } = vectors<
  unknown,
  { setupCode: string; salt: string; verifier: string; controller: Party; accessory: Party }
>('pair-setup')

export const code = setupCode
export const credentials = { salt: fromHex(salt), verifier: fromHex(verifier) }
export const deviceId = accessory.identifier
export const controllerId = controller.identifier

export type Random = (length: number) => Uint8Array

/** Random numbers that are the same in every run. */
export function seeded(seed: string): Random {
  let drawn = 0
  return length => {
    const hash = createHash('sha512').update(`${seed}/${drawn++}`).digest()
    return new Uint8Array(hash.subarray(0, length))
  }
}

/** Random numbers of a list, in order; `given` holds the very buffers that were handed out. */
export function draws(...list: readonly Uint8Array[]): Random & { given: Uint8Array[] } {
  const given: Uint8Array[] = []
  const random = (length: number): Uint8Array => {
    const next = list[given.length]?.slice()
    if (next?.length !== length) throw new Error(`draw ${given.length} is not foreseen`)
    given.push(next)
    return next
  }
  return Object.assign(random, { given })
}

/** The same numbers again need no second exponentiation: hundreds of tests start with one M1. */
export function memoized(crypto: CryptoProvider): CryptoProvider {
  const known = new Map<string, Uint8Array>()
  return {
    ...crypto,
    modPow(base, exponent) {
      const key = `${toHex(base)}^${toHex(exponent)}`
      const power = known.get(key) ?? crypto.modPow(base, exponent)
      known.set(key, power.slice())
      return power
    },
  }
}

const shared = memoized(nodeProvider)

export interface Options {
  readonly crypto?: CryptoProvider
  readonly random?: Random
}

/** An accessory, all its connections, and what it stored. */
export class World {
  readonly gate: PairSetupGate
  readonly pairings: Pairing[] = []

  constructor(stored: { isPaired?: boolean; failedAttempts?: number } = {}) {
    this.gate = new PairSetupGate({ isPaired: false, failedAttempts: 0, ...stored })
  }

  /** A connection on which a controller may pair. */
  setup({ crypto = shared, random = seeded('b') }: Options = {}): PairSetupAccessory {
    const identity = { identifier: deviceId, longTermKey: crypto.ed25519(fromHex(accessory.seed)) }
    return new PairSetupAccessory({ crypto, identity, credentials, gate: this.gate, random })
  }

  /** A connection on which a controller may verify. */
  verify({ crypto = shared, random = seeded('x') }: Options = {}): PairVerifyAccessory {
    const identity = { identifier: deviceId, longTermKey: crypto.ed25519(fromHex(accessory.seed)) }
    const findPairing = (id: string) => this.pairings.find(({ identifier }) => identifier === id)
    return new PairVerifyAccessory({ crypto, identity, findPairing, random })
  }

  /** What a driver does with the events of pair-setup. */
  store(events: readonly PairSetupEvent[]): void {
    for (const event of events) {
      if (event.type !== 'paired') continue
      this.pairings.push(event.pairing)
      this.gate.isPaired = true
    }
  }
}

export function setupController(
  options: Options & { setupCode?: string; accessoryId?: string } = {},
): PairSetupController {
  const { crypto = shared, random = seeded('a'), setupCode: own = code, accessoryId } = options
  const identity = {
    identifier: controllerId,
    longTermKey: crypto.ed25519(fromHex(controller.seed)),
  }
  const id = accessoryId === undefined ? {} : { accessoryId }
  return new PairSetupController({ crypto, identity, setupCode: own, random, ...id })
}

export const accessoryPublicKey = nodeProvider.ed25519(fromHex(accessory.seed)).publicKey
export const controllerPublicKey = nodeProvider.ed25519(fromHex(controller.seed)).publicKey

export function verifyController(
  options: Options & { accessoryId?: string; publicKey?: Uint8Array } = {},
): PairVerifyController {
  const { crypto = shared, random = seeded('y'), accessoryId: identifier = deviceId } = options
  const { publicKey = accessoryPublicKey } = options
  const longTermKey = crypto.ed25519(fromHex(controller.seed))
  return new PairVerifyController({
    crypto,
    identity: { identifier: controllerId, longTermKey },
    accessory: { identifier, publicKey },
    random,
  })
}

interface Side<Event> {
  receive(bytes: Uint8Array, now: number): Event[]
  take(): Uint8Array | undefined
}

/** Asks `accessory` once. */
export function ask<Event>(
  accessory: Side<Event>,
  body: Uint8Array,
  now = 0,
): { events: Event[]; answer: Uint8Array } {
  const events = accessory.receive(body, now)
  const answer = accessory.take()
  if (answer === undefined) throw new Error('there is no answer')
  return { events, answer }
}

/** The next message of `side`, which has to be there. */
export function next(side: { take(): Uint8Array | undefined }): Uint8Array {
  const message = side.take()
  if (message === undefined) throw new Error('there is no message')
  return message
}

/** Lets both sides talk until the controller has nothing more to ask. */
export function converse<A, C>(
  accessory: Side<A>,
  controller: Side<C>,
  now = 0,
): { accessory: A[]; controller: C[] } {
  const events = { accessory: [] as A[], controller: [] as C[] }
  for (;;) {
    const request = controller.take()
    if (request === undefined) return events
    const asked = ask(accessory, request, now)
    events.accessory.push(...asked.events)
    events.controller.push(...controller.receive(asked.answer, now))
  }
}
