import type { CryptoProvider } from '@hksv/crypto'

import { concat, wipe } from './bytes.ts'
import { HapError } from './errors.ts'
import { decodeIdentifier, encodeIdentifier } from './identifier.ts'
import type { Machine } from './machine.ts'
import type { AccessoryIdentity, Pairing } from './pair-setup-accessory.ts'
import {
  checkTransition,
  decodePairingMessage,
  errorMessage,
  type PairingMessage,
  pairingError,
  pairingMessage,
} from './pairing-message.ts'
import { openIdentity, sealIdentity } from './sealed-identity.ts'
import { type SessionKeys, sessionKeys, verifyKey } from './session-keys.ts'

/** The controller proved who it is: send the answer in the clear, then switch to records. */
export interface VerifiedEvent {
  readonly type: 'verified'
  /** The other side's pairing id or device id. */
  readonly identifier: string
  readonly keys: SessionKeys
  /** X25519, 32 bytes: HDS derives its keys from it. Wipe it when the connection ends. */
  readonly sharedSecret: Uint8Array
}

type State =
  | { readonly at: 'awaiting-m1' }
  | {
      readonly at: 'awaiting-m3'
      readonly sharedSecret: Uint8Array
      /** Of EncryptedData, 32 bytes. */
      readonly key: Uint8Array
      readonly publicKey: Uint8Array
      readonly peerPublicKey: Uint8Array
    }

const START: State = { at: 'awaiting-m1' }

/** Which State item is heard where; see {@link pairSetupTransitions}. */
export const pairVerifyTransitions = {
  'awaiting-m1': { 1: 'awaiting-m3' },
  'awaiting-m3': { 1: 'awaiting-m3', 3: 'awaiting-m1' },
} as const

/**
 * The accessory's side of pair-verify on one unsecured connection.
 *
 * @see HomeKit Accessory Protocol R2 §5.7
 */
export class PairVerifyAccessory implements Machine<never, VerifiedEvent> {
  readonly #crypto: CryptoProvider
  readonly #identity: AccessoryIdentity
  readonly #findPairing: (identifier: string) => Pairing | undefined
  readonly #random: (length: number) => Uint8Array
  #state: State = START
  #answer: Uint8Array | undefined

  /**
   * @param options.findPairing Looks the pairing up by the exact id, as stored now.
   * @param options.random Hands out fresh memory: what it returned is wiped after use.
   */
  constructor(options: {
    crypto: CryptoProvider
    identity: AccessoryIdentity
    findPairing: (identifier: string) => Pairing | undefined
    random: (length: number) => Uint8Array
  }) {
    this.#crypto = options.crypto
    this.#identity = options.identity
    this.#findPairing = options.findPairing
    this.#random = options.random
  }

  /**
   * @throws HapError `PAIR_MALFORMED` or `PAIR_UNEXPECTED_STATE`: answer 400 with an empty body. The
   * procedure has been reset.
   */
  receive(body: Uint8Array): VerifiedEvent[] {
    try {
      const message = decodePairingMessage(body)
      const state = this.#state
      checkTransition(pairVerifyTransitions, state.at, message)
      return message.state === 1 || state.at === 'awaiting-m1'
        ? this.#start(message)
        : this.#finish(message, state)
    } catch (error) {
      this.#answer = undefined
      this.close()
      throw error
    }
  }

  send(command: never): VerifiedEvent[] {
    return command
  }

  take(): Uint8Array | undefined {
    const answer = this.#answer
    this.#answer = undefined
    return answer
  }

  deadline(): undefined {}

  tick(): VerifiedEvent[] {
    return []
  }

  /** Drops the secrets. */
  close(): void {
    if (this.#state.at === 'awaiting-m3') wipe(this.#state.sharedSecret, this.#state.key)
    this.#state = START
  }

  #start({ publicKey: peerPublicKey }: PairingMessage): VerifiedEvent[] {
    this.close()
    const scalar = this.#random(32)
    const ephemeral = this.#crypto.x25519(scalar)
    wipe(scalar)
    const sharedSecret = peerPublicKey && ephemeral.agree(peerPublicKey)
    // A point of low order is no key at all.
    if (peerPublicKey === undefined || sharedSecret === undefined) {
      throw new HapError('PAIR_MALFORMED', { detail: 'public key' })
    }
    const { publicKey } = ephemeral
    const { longTermKey } = this.#identity
    const identifier = encodeIdentifier(this.#identity.identifier)
    const key = verifyKey(this.#crypto, sharedSecret)
    const encryptedData = sealIdentity(this.#crypto, key, 'PV-Msg02', {
      identifier,
      signature: longTermKey.sign(concat(publicKey, identifier, peerPublicKey)),
    })
    this.#answer = pairingMessage.encode({ state: 2, publicKey, encryptedData })
    const copy = peerPublicKey.slice()
    this.#state = { at: 'awaiting-m3', sharedSecret, key, publicKey, peerPublicKey: copy }
    return []
  }

  #finish(message: PairingMessage, state: State & { at: 'awaiting-m3' }): VerifiedEvent[] {
    if (message.encryptedData === undefined) throw new HapError('PAIR_MALFORMED')
    const peer = openIdentity(this.#crypto, state.key, 'PV-Msg03', message.encryptedData)
    const identifier = peer && decodeIdentifier(peer.identifier)
    const pairing = identifier === undefined ? undefined : this.#findPairing(identifier)
    const isGenuine =
      peer !== undefined &&
      pairing !== undefined &&
      this.#crypto.ed25519Verify(
        pairing.publicKey,
        concat(state.peerPublicKey, peer.identifier, state.publicKey),
        peer.signature,
      )
    if (identifier === undefined || !isGenuine) {
      this.close()
      this.#answer = errorMessage(4, pairingError.authentication)
      return []
    }
    this.#answer = pairingMessage.encode({ state: 4 })
    const { sharedSecret } = state
    wipe(state.key)
    // The shared secret lives on, with the session.
    this.#state = START
    const keys = sessionKeys(this.#crypto, sharedSecret)
    return [{ type: 'verified', identifier, keys, sharedSecret }]
  }
}
