import type { CryptoProvider, SigningKey } from '@hksv/crypto'

import { concat, utf8, wipe } from './bytes.ts'
import { HapError } from './errors.ts'
import type { Machine } from './machine.ts'
import type { PairSetupGate } from './pair-setup-gate.ts'
import {
  decodePairingMessage,
  errorMessage,
  type PairingError,
  type PairingMessage,
  pairingError,
  pairingMessage,
  pairingMethod,
} from './pairing-message.ts'
import { openIdentity, sealIdentity } from './sealed-identity.ts'
import { type SrpCredentials, type SrpServer, srpServer, srpServerVerify } from './srp.ts'

/** What an accessory brings to pair-setup and pair-verify. */
export interface AccessoryIdentity {
  /** Device id `XX:XX:XX:XX:XX:XX`, the `id` of the TXT record. */
  readonly identifier: string
  readonly longTermKey: SigningKey
}

/** A controller that paired. */
export interface Pairing {
  /** Pairing id, at most 36 bytes of UTF-8. */
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
  | { readonly at: 'awaiting-m5'; readonly sessionKey: Uint8Array }

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

  /** Drops the secrets and frees the procedure for others. */
  close(): void {
    this.#enter(START)
    this.#gate.release(this)
  }

  #dispatch(message: PairingMessage, now: number): PairSetupEvent[] {
    const state = this.#state
    if (message.state === 1) return this.#start(message, now)
    // Whoever was taken over by another connection starts again.
    if (state.at !== 'awaiting-m1' && this.#gate.isOwnedBy(this)) {
      if (state.at === 'awaiting-m3' && message.state === 3) return this.#prove(message, state)
      if (state.at === 'awaiting-m5' && message.state === 5) return this.#exchange(message, state)
    }
    throw new HapError('PAIR_UNEXPECTED_STATE')
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

  #prove(message: PairingMessage, { server }: State & { at: 'awaiting-m3' }): PairSetupEvent[] {
    const { publicKey, proof } = message
    if (publicKey === undefined || proof === undefined) throw new HapError('PAIR_MALFORMED')
    const session = srpServerVerify(this.#crypto, server, publicKey, proof)
    if (session === undefined) {
      const failedAttempts = this.#gate.countFailure()
      this.#refuse(4, pairingError.authentication)
      return [{ type: 'attempts-changed', failedAttempts }]
    }
    this.#enter({ at: 'awaiting-m5', sessionKey: session.sessionKey })
    this.#answer = pairingMessage.encode({ state: 4, proof: session.proof })
    return this.#gate.clearFailures() ? [{ type: 'attempts-changed', failedAttempts: 0 }] : []
  }

  #exchange(
    message: PairingMessage,
    { sessionKey }: State & { at: 'awaiting-m5' },
  ): PairSetupEvent[] {
    if (message.encryptedData === undefined) throw new HapError('PAIR_MALFORMED')
    const key = setupKey(this.#crypto, sessionKey, 'Encrypt')
    const peer = openIdentity(this.#crypto, key, 'PS-Msg05', message.encryptedData)
    const { publicKey } = peer ?? {}
    if (peer === undefined || publicKey === undefined) {
      return this.#refuse(6, pairingError.authentication)
    }
    const controllerX = setupKey(this.#crypto, sessionKey, 'Controller-Sign')
    const signed = concat(controllerX, utf8(peer.identifier), publicKey)
    if (!this.#crypto.ed25519Verify(publicKey, signed, peer.signature)) {
      return this.#refuse(6, pairingError.authentication)
    }
    const { identifier, longTermKey } = this.#identity
    const accessoryX = setupKey(this.#crypto, sessionKey, 'Accessory-Sign')
    const encryptedData = sealIdentity(this.#crypto, key, 'PS-Msg06', {
      identifier,
      publicKey: longTermKey.publicKey,
      signature: longTermKey.sign(concat(accessoryX, utf8(identifier), longTermKey.publicKey)),
    })
    this.#answer = pairingMessage.encode({ state: 6, encryptedData })
    this.close()
    // The first controller is always an administrator.
    const pairing: Pairing = {
      identifier: peer.identifier,
      publicKey: publicKey.slice(),
      permissions: 1,
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
    if (left.at === 'awaiting-m5') wipe(left.sessionKey)
    this.#state = next
  }
}

/** The three keys that both sides derive from the SRP session key K. */
export function setupKey(
  crypto: CryptoProvider,
  sessionKey: Uint8Array,
  use: 'Encrypt' | 'Controller-Sign' | 'Accessory-Sign',
): Uint8Array {
  return crypto.hkdfSha512(sessionKey, `Pair-Setup-${use}-Salt`, `Pair-Setup-${use}-Info`, 32)
}
