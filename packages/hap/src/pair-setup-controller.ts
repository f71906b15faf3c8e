import type { CryptoProvider, SigningKey } from '@hksv/crypto'

import { concat, wipe } from './bytes.ts'
import { HapError } from './errors.ts'
import { decodeIdentifier, encodeIdentifier } from './identifier.ts'
import type { Machine } from './machine.ts'
import {
  certifiedMessage,
  decodePairingMessage,
  expectState,
  type PairingMessage,
  pairingMessage,
  pairingMethod,
} from './pairing-message.ts'
import { openIdentity, sealIdentity } from './sealed-identity.ts'
import { type SetupKeys, setupKeys, wipeSetupKeys } from './session-keys.ts'
import { type SrpClient, srpClient } from './srp.ts'

/** Who a controller is. */
export interface ControllerIdentity {
  /** Pairing id: a UUID, 36 characters. */
  readonly identifier: string
  readonly longTermKey: SigningKey
}

/** The accessory is paired: store both, close the connection, verify on a new one. */
export interface PairedEvent {
  readonly type: 'paired'
  readonly accessory: {
    /** Device id as the accessory wrote it. */
    readonly identifier: string
    /** Ed25519, 32 bytes. */
    readonly publicKey: Uint8Array
  }
}

type State =
  | { readonly at: 'awaiting-m2' }
  | { readonly at: 'awaiting-m4'; readonly srp: SrpClient }
  | { readonly at: 'awaiting-m6'; readonly keys: SetupKeys }
  | { readonly at: 'done' }

/**
 * The controller's side of pair-setup: post what {@link take} yields to `/pair-setup`, give each
 * answer's body to {@link receive}.
 *
 * @see HomeKit Accessory Protocol R2 §5.6
 */
export class PairSetupController implements Machine<never, PairedEvent> {
  readonly #crypto: CryptoProvider
  readonly #identity: ControllerIdentity
  readonly #setupCode: string
  readonly #accessoryId: string | undefined
  readonly #isCertified: boolean
  readonly #random: (length: number) => Uint8Array
  #state: State = { at: 'awaiting-m2' }
  #request: Uint8Array | undefined

  /**
   * @param options.setupCode `DDD-DD-DDD`, from `parseSetupCode`.
   * @param options.accessoryId The announced device id, when known: another one is refused.
   * @param options.isCertified The accessory announces an authentication coprocessor (`ff`, bit 0): it is
   * asked for Pair Setup with Authentication. What it proves with that is not looked at.
   * @param options.random Hands out fresh memory: what it returned is wiped after use.
   */
  constructor(options: {
    crypto: CryptoProvider
    identity: ControllerIdentity
    setupCode: string
    accessoryId?: string
    isCertified?: boolean
    random: (length: number) => Uint8Array
  }) {
    this.#crypto = options.crypto
    this.#identity = options.identity
    this.#setupCode = options.setupCode
    this.#accessoryId = options.accessoryId
    this.#random = options.random
    this.#isCertified = options.isCertified ?? false
    const { pairSetup, pairSetupWithAuth } = pairingMethod
    const method = this.#isCertified ? pairSetupWithAuth : pairSetup
    this.#request = pairingMessage.encode({ state: 1, method })
  }

  /**
   * @throws HapError `PAIR_REFUSED` with the accessory's error, `PAIR_AUTHENTICATION` when the
   * accessory does not know the code either, `PAIR_WRONG_ACCESSORY`, `PAIR_MALFORMED` or
   * `PAIR_UNEXPECTED_STATE`. The exchange is over then.
   */
  receive(body: Uint8Array): PairedEvent[] {
    try {
      const schema = this.#isCertified ? certifiedMessage : pairingMessage
      return this.#dispatch(decodePairingMessage(body, schema))
    } catch (error) {
      this.close()
      throw error
    }
  }

  send(command: never): PairedEvent[] {
    return command
  }

  take(): Uint8Array | undefined {
    const request = this.#request
    this.#request = undefined
    return request
  }

  deadline(): undefined {}

  tick(): PairedEvent[] {
    return []
  }

  /** Gives up, or the connection has ended: drops the secrets. */
  close(): void {
    this.#enter({ at: 'done' })
    this.#request = undefined
  }

  #dispatch(message: PairingMessage): PairedEvent[] {
    const state = this.#state
    switch (state.at) {
      case 'awaiting-m2':
        return this.#prove(message)
      case 'awaiting-m4':
        return this.#exchange(message, state.srp)
      case 'awaiting-m6':
        return this.#finish(message, state.keys)
      case 'done':
        throw new HapError('PAIR_UNEXPECTED_STATE')
    }
  }

  #prove(message: PairingMessage): PairedEvent[] {
    expectState(message, 2)
    const { salt, publicKey } = message
    if (salt === undefined || publicKey === undefined) throw new HapError('PAIR_MALFORMED')
    const srp = srpClient(this.#crypto, this.#setupCode, salt, publicKey, this.#random)
    if (srp === undefined) throw new HapError('PAIR_MALFORMED', { detail: 'SRP public key' })
    this.#request = pairingMessage.encode({ state: 3, publicKey: srp.publicKey, proof: srp.proof })
    this.#enter({ at: 'awaiting-m4', srp })
    return []
  }

  #exchange(message: PairingMessage, srp: SrpClient): PairedEvent[] {
    expectState(message, 4)
    if (message.proof === undefined) throw new HapError('PAIR_MALFORMED')
    if (!srp.verify(message.proof)) throw new HapError('PAIR_AUTHENTICATION')
    const keys = setupKeys(this.#crypto, srp.sessionKey)
    this.#enter({ at: 'awaiting-m6', keys })
    const { longTermKey } = this.#identity
    const { publicKey } = longTermKey
    const identifier = encodeIdentifier(this.#identity.identifier)
    const encryptedData = sealIdentity(this.#crypto, keys.encrypt, 'PS-Msg05', {
      identifier,
      publicKey,
      signature: longTermKey.sign(concat(keys.controllerSign, identifier, publicKey)),
    })
    this.#request = pairingMessage.encode({ state: 5, encryptedData })
    return []
  }

  #finish(message: PairingMessage, keys: SetupKeys): PairedEvent[] {
    expectState(message, 6)
    if (message.encryptedData === undefined) throw new HapError('PAIR_MALFORMED')
    const peer = openIdentity(this.#crypto, keys.encrypt, 'PS-Msg06', message.encryptedData)
    const { publicKey } = peer ?? {}
    if (peer === undefined || publicKey === undefined) throw new HapError('PAIR_AUTHENTICATION')
    const signed = concat(keys.accessorySign, peer.identifier, publicKey)
    if (!this.#crypto.ed25519Verify(publicKey, signed, peer.signature)) {
      throw new HapError('PAIR_AUTHENTICATION')
    }
    const expected = this.#accessoryId?.toUpperCase()
    const identifier = decodeIdentifier(peer.identifier)
    if (expected !== undefined && expected !== identifier.toUpperCase()) {
      throw new HapError('PAIR_WRONG_ACCESSORY', { detail: identifier })
    }
    this.#enter({ at: 'done' })
    return [{ type: 'paired', accessory: { identifier, publicKey: publicKey.slice() } }]
  }

  #enter(next: State): void {
    const left = this.#state
    if (left.at === 'awaiting-m4') wipe(left.srp.sessionKey)
    if (left.at === 'awaiting-m6') wipeSetupKeys(left.keys)
    this.#state = next
  }
}
