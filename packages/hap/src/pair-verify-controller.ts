import type { AgreementKey, CryptoProvider } from '@hksv/crypto'

import { concat, wipe } from './bytes.ts'
import { HapError } from './errors.ts'
import { decodeIdentifier, encodeIdentifier } from './identifier.ts'
import type { Machine } from './machine.ts'
import type { ControllerIdentity } from './pair-setup-controller.ts'
import type { VerifiedEvent } from './pair-verify-accessory.ts'
import {
  decodePairingMessage,
  expectState,
  type PairingMessage,
  pairingMessage,
} from './pairing-message.ts'
import { openIdentity, sealIdentity } from './sealed-identity.ts'
import { sessionKeys, verifyKey } from './session-keys.ts'

type State =
  | { readonly at: 'awaiting-m2'; readonly ephemeral: AgreementKey }
  | { readonly at: 'awaiting-m4'; readonly sharedSecret: Uint8Array; readonly key: Uint8Array }
  | { readonly at: 'done' }

/**
 * The controller's side of pair-verify: post what {@link take} yields to `/pair-verify`, give each
 * answer's body to {@link receive}. Write nothing before `verified` has come.
 *
 * @see HomeKit Accessory Protocol R2 §5.7
 */
export class PairVerifyController implements Machine<never, VerifiedEvent> {
  readonly #crypto: CryptoProvider
  readonly #identity: ControllerIdentity
  readonly #accessory: { readonly identifier: string; readonly publicKey: Uint8Array }
  #state: State
  #request: Uint8Array | undefined

  /**
   * @param options.accessory As pair-setup reported it.
   * @param options.random Hands out fresh memory: what it returned is wiped after use.
   */
  constructor(options: {
    crypto: CryptoProvider
    identity: ControllerIdentity
    accessory: { readonly identifier: string; readonly publicKey: Uint8Array }
    random: (length: number) => Uint8Array
  }) {
    this.#crypto = options.crypto
    this.#identity = options.identity
    this.#accessory = options.accessory
    const scalar = options.random(32)
    const ephemeral = options.crypto.x25519(scalar)
    wipe(scalar)
    this.#state = { at: 'awaiting-m2', ephemeral }
    // No Method item: accessories take it for a request to resume, which IP does not have.
    this.#request = pairingMessage.encode({ state: 1, publicKey: ephemeral.publicKey })
  }

  /**
   * @throws HapError `PAIR_REFUSED` (error `authentication`: the accessory does not know us any
   * more), `PAIR_AUTHENTICATION`, `PAIR_WRONG_ACCESSORY`, `PAIR_MALFORMED` or
   * `PAIR_UNEXPECTED_STATE`. The exchange is over then.
   */
  receive(body: Uint8Array): VerifiedEvent[] {
    try {
      return this.#dispatch(decodePairingMessage(body))
    } catch (error) {
      this.close()
      throw error
    }
  }

  send(command: never): VerifiedEvent[] {
    return command
  }

  take(): Uint8Array | undefined {
    const request = this.#request
    this.#request = undefined
    return request
  }

  deadline(): undefined {}

  tick(): VerifiedEvent[] {
    return []
  }

  /** Gives up, or the connection has ended: drops the secrets. */
  close(): void {
    if (this.#state.at === 'awaiting-m4') wipe(this.#state.sharedSecret, this.#state.key)
    this.#state = { at: 'done' }
    this.#request = undefined
  }

  #dispatch(message: PairingMessage): VerifiedEvent[] {
    const state = this.#state
    switch (state.at) {
      case 'awaiting-m2':
        return this.#answer(message, state.ephemeral)
      case 'awaiting-m4': {
        expectState(message, 4)
        const { identifier } = this.#accessory
        const { sharedSecret } = state
        wipe(state.key)
        // The shared secret lives on, with the session.
        this.#state = { at: 'done' }
        const keys = sessionKeys(this.#crypto, sharedSecret)
        return [{ type: 'verified', identifier, keys, sharedSecret }]
      }
      case 'done':
        throw new HapError('PAIR_UNEXPECTED_STATE')
    }
  }

  #answer(message: PairingMessage, ephemeral: AgreementKey): VerifiedEvent[] {
    expectState(message, 2)
    const { publicKey, encryptedData } = message
    if (publicKey === undefined || encryptedData === undefined) throw new HapError('PAIR_MALFORMED')
    const sharedSecret = ephemeral.agree(publicKey)
    if (sharedSecret === undefined) throw new HapError('PAIR_MALFORMED', { detail: 'public key' })
    const key = verifyKey(this.#crypto, sharedSecret)
    // From here on whatever fails wipes both.
    this.#state = { at: 'awaiting-m4', sharedSecret, key }
    const peer = openIdentity(this.#crypto, key, 'PV-Msg02', encryptedData)
    if (peer === undefined) throw new HapError('PAIR_AUTHENTICATION')
    const name = decodeIdentifier(peer.identifier)
    if (name.toUpperCase() !== this.#accessory.identifier.toUpperCase()) {
      throw new HapError('PAIR_WRONG_ACCESSORY', { detail: name })
    }
    const signed = concat(publicKey, peer.identifier, ephemeral.publicKey)
    if (!this.#crypto.ed25519Verify(this.#accessory.publicKey, signed, peer.signature)) {
      throw new HapError('PAIR_AUTHENTICATION')
    }
    const { longTermKey } = this.#identity
    const identifier = encodeIdentifier(this.#identity.identifier)
    const reply = sealIdentity(this.#crypto, key, 'PV-Msg03', {
      identifier,
      signature: longTermKey.sign(concat(ephemeral.publicKey, identifier, publicKey)),
    })
    this.#request = pairingMessage.encode({ state: 3, encryptedData: reply })
    return []
  }
}
