import type { CryptoProvider, SigningKey } from '@hksv/crypto'

import { concat, wipe } from './bytes.ts'
import { HapError } from './errors.ts'
import { decodeIdentifier, encodeIdentifier } from './identifier.ts'
import type { Machine } from './machine.ts'
import type { PairSetupGate } from './pair-setup-gate.ts'
import {
  ADMIN,
  checkTransition,
  decodePairingMessage,
  errorMessage,
  type PairingError,
  type PairingMessage,
  pairingError,
  pairingMessage,
  pairingMethod,
} from './pairing-message.ts'
import { openIdentity, sealIdentity } from './sealed-identity.ts'
import { type SetupKeys, setupKeys, wipeSetupKeys } from './session-keys.ts'
import {
  isZeroKey,
  type SrpCredentials,
  type SrpServer,
  srpServer,
  srpServerVerify,
} from './srp.ts'

/** What an accessory brings to pair-setup and pair-verify. */
export interface AccessoryIdentity {
  /** Device id `XX:XX:XX:XX:XX:XX`, the `id` of the TXT record. */
  readonly identifier: string
  readonly longTermKey: SigningKey
}

/** A controller that paired. */
export interface Pairing {
  /**
   * Pairing id, 1 to 36 bytes of UTF-8. A byte that is no UTF-8 stands as a lone surrogate, U+DC80 to
   * U+DCFF: equal strings are equal bytes.
   */
  readonly identifier: string
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Bit 0: {@link ADMIN}. */
  readonly permissions: number
}

/** What a driver acts upon, in order, before it takes the answer. */
export type PairSetupEvent =
  /** Persist the gate's counter. */
  | { readonly type: 'attempts-changed'; readonly failedAttempts: number }
  /** Persist the pairing durably, then send the answer and announce that the accessory is paired. */
  | { readonly type: 'paired'; readonly pairing: Pairing }

type State =
  | { readonly at: 'awaiting-m1' }
  | { readonly at: 'awaiting-m3'; readonly server: SrpServer }
  | { readonly at: 'awaiting-m5'; readonly keys: SetupKeys }

const START: State = { at: 'awaiting-m1' }

/**
 * Which State item is heard where. M1 restarts the procedure from anywhere; whatever is not listed
 * is `PAIR_UNEXPECTED_STATE`.
 */
export const pairSetupTransitions = {
  'awaiting-m1': { 1: 'awaiting-m3' },
  'awaiting-m3': { 1: 'awaiting-m3', 3: 'awaiting-m5' },
  'awaiting-m5': { 1: 'awaiting-m3', 5: 'awaiting-m1' },
} as const

/**
 * The accessory's side of pair-setup on one connection: give it each body of `POST /pair-setup`
 * with {@link receive}, act on the events, answer 200 with {@link take}. Call {@link close} when
 * the connection ends.
 *
 * @see HomeKit Accessory Protocol R2 §5.6
 */
export class PairSetupAccessory implements Machine<never, PairSetupEvent> {
  readonly #crypto: CryptoProvider
  readonly #identity: AccessoryIdentity
  readonly #credentials: SrpCredentials
  readonly #gate: PairSetupGate
  readonly #random: (length: number) => Uint8Array
  #state: State = START
  #answer: Uint8Array | undefined

  /** @param options.random Hands out fresh memory: what it returned is wiped after use. */
  constructor(options: {
    crypto: CryptoProvider
    identity: AccessoryIdentity
    credentials: SrpCredentials
    gate: PairSetupGate
    random: (length: number) => Uint8Array
  }) {
    this.#crypto = options.crypto
    this.#identity = options.identity
    this.#credentials = options.credentials
    this.#gate = options.gate
    this.#random = options.random
  }

  /**
   * @throws HapError `PAIR_MALFORMED` or `PAIR_UNEXPECTED_STATE`: answer 400 with an empty body. The
   * procedure has been reset.
   */
  receive(body: Uint8Array, now: number): PairSetupEvent[] {
    try {
      const message = decodePairingMessage(body)
      return this.#dispatch(message, now)
    } catch (error) {
      this.#answer = undefined
      this.close()
      throw error
    }
  }

  send(command: never): PairSetupEvent[] {
    return command
  }

  take(): Uint8Array | undefined {
    const answer = this.#answer
    this.#answer = undefined
    return answer
  }

  /** Pair-setup knows no timeout: another connection may take the procedure over after 30 s. */
  deadline(): undefined {}

  tick(): PairSetupEvent[] {
    return []
  }

  /** Drops the secrets and frees the procedure for others; the next message has to be M1. */
  close(): void {
    this.#enter(START)
    this.#gate.release(this)
  }

  #dispatch(message: PairingMessage, now: number): PairSetupEvent[] {
    const state = this.#state
    checkTransition(pairSetupTransitions, state.at, message)
    if (message.state === 1 || state.at === 'awaiting-m1') return this.#start(message, now)
    return state.at === 'awaiting-m3'
      ? this.#prove(message, state.server)
      : this.#exchange(message, state.keys)
  }

  #start(message: PairingMessage, now: number): PairSetupEvent[] {
    const { method } = message
    if (method !== pairingMethod.pairSetup && method !== pairingMethod.pairSetupWithAuth) {
      throw new HapError('PAIR_MALFORMED', { detail: 'method' })
    }
    this.#enter(START)
    const refusal = this.#gate.claim(this, now)
    if (refusal !== undefined) return this.#refuse(2, refusal)
    const server = srpServer(this.#crypto, this.#credentials, this.#random)
    this.#enter({ at: 'awaiting-m3', server })
    const { publicKey, salt } = server
    this.#answer = pairingMessage.encode({ state: 2, publicKey, salt })
    return []
  }

  #prove({ publicKey, proof }: PairingMessage, server: SrpServer): PairSetupEvent[] {
    if (publicKey === undefined || proof === undefined) throw new HapError('PAIR_MALFORMED')
    // It says nothing about the code, so it is no attempt at it.
    if (isZeroKey(publicKey)) return this.#refuse(4, pairingError.authentication)
    const session = srpServerVerify(this.#crypto, server, publicKey, proof)
    if (session === undefined) {
      const failedAttempts = this.#gate.countFailure()
      this.#refuse(4, pairingError.authentication)
      return [{ type: 'attempts-changed', failedAttempts }]
    }
    this.#enter({ at: 'awaiting-m5', keys: setupKeys(this.#crypto, session.sessionKey) })
    wipe(session.sessionKey)
    this.#answer = pairingMessage.encode({ state: 4, proof: session.proof })
    return this.#gate.clearFailures() ? [{ type: 'attempts-changed', failedAttempts: 0 }] : []
  }

  #exchange(message: PairingMessage, keys: SetupKeys): PairSetupEvent[] {
    if (message.encryptedData === undefined) throw new HapError('PAIR_MALFORMED')
    const peer = openIdentity(this.#crypto, keys.encrypt, 'PS-Msg05', message.encryptedData)
    const { publicKey } = peer ?? {}
    if (peer === undefined || publicKey === undefined) {
      return this.#refuse(6, pairingError.authentication)
    }
    const signed = concat(keys.controllerSign, peer.identifier, publicKey)
    if (!this.#crypto.ed25519Verify(publicKey, signed, peer.signature)) {
      return this.#refuse(6, pairingError.authentication)
    }
    const { longTermKey } = this.#identity
    const identifier = encodeIdentifier(this.#identity.identifier)
    const own = concat(keys.accessorySign, identifier, longTermKey.publicKey)
    const encryptedData = sealIdentity(this.#crypto, keys.encrypt, 'PS-Msg06', {
      identifier,
      publicKey: longTermKey.publicKey,
      signature: longTermKey.sign(own),
    })
    this.#answer = pairingMessage.encode({ state: 6, encryptedData })
    this.#enter(START)
    // Not released: while the pairing is being stored nobody else may pair.
    this.#gate.finish(this)
    // The first controller is always an administrator.
    const pairing: Pairing = {
      identifier: decodeIdentifier(peer.identifier),
      publicKey: publicKey.slice(),
      permissions: ADMIN,
    }
    return [{ type: 'paired', pairing }]
  }

  #refuse(state: number, error: PairingError): PairSetupEvent[] {
    this.#answer = errorMessage(state, error)
    this.close()
    return []
  }

  #enter(next: State): void {
    const left = this.#state
    if (left.at === 'awaiting-m3') wipe(left.server.secret)
    if (left.at === 'awaiting-m5') wipeSetupKeys(left.keys)
    this.#state = next
  }
}
