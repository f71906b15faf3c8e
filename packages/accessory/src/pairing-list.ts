import {
  applyPairingsRequest,
  type Pairing,
  type PairingsRequest,
  type PairSetupGate,
} from '@hksv/hap'

import type { StoredPairings } from './storage/schemas.ts'
import type { StateFile } from './storage/state-file.ts'

/**
 * The pairings of the accessory, in memory and on disk. Each change is on the disk before it counts.
 */
export class PairingList {
  readonly #file: StateFile<StoredPairings>
  readonly #gate: PairSetupGate
  #pairings: readonly Pairing[]
  #lastChange: Promise<unknown> = Promise.resolve()

  constructor(file: StateFile<StoredPairings>, gate: PairSetupGate, stored: StoredPairings) {
    this.#file = file
    this.#gate = gate
    this.#pairings = stored.pairings.map(({ publicKey, ...pairing }) => ({
      ...pairing,
      publicKey: new Uint8Array(Buffer.from(publicKey, 'hex')),
    }))
  }

  /** How many controllers may talk to the accessory. */
  get size(): number {
    return this.#pairings.length
  }

  /** Looks a controller up by its exact pairing id. */
  find(identifier: string): Pairing | undefined {
    return this.#pairings.find(pairing => pairing.identifier === identifier)
  }

  /**
   * Stores the first pairing, from pair-setup.
   *
   * @returns False when there is one already: somebody else was faster.
   * @throws AccessoryError `STORAGE_UNUSABLE`, and nobody is paired.
   */
  addFirst(pairing: Pairing): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.#pairings.length > 0) return false
      await this.#replace([pairing])
      return true
    })
  }

  /**
   * Answers a request of `POST /pairings` from the controller `requesterId`.
   *
   * @throws AccessoryError `STORAGE_UNUSABLE`, and nothing has changed.
   */
  apply(
    request: PairingsRequest,
    requesterId: string,
  ): Promise<{ answer: Uint8Array; isChanged: boolean }> {
    return this.#inTurn(async () => {
      const requester = this.find(requesterId)
      const { answer, pairings, isChanged } = applyPairingsRequest(
        this.#pairings,
        request,
        requester,
      )
      if (isChanged) await this.#replace(pairings)
      return { answer, isChanged }
    })
  }

  /**
   * Stores the count of wrong setup codes.
   *
   * @throws AccessoryError `STORAGE_UNUSABLE`
   */
  async saveFailedAttempts(): Promise<void> {
    await this.#save(this.#pairings)
  }

  /** Changes are made one after the other: each decides on what the one before it stored. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#lastChange.then(change)
    this.#lastChange = result.catch(() => undefined)
    return result
  }

  async #replace(pairings: readonly Pairing[]): Promise<void> {
    await this.#save(pairings)
    this.#pairings = pairings
    this.#gate.isPaired = pairings.length > 0
  }

  #save(pairings: readonly Pairing[]): Promise<void> {
    return this.#file.save({
      failedAttempts: this.#gate.failedAttempts,
      pairings: pairings.map(({ publicKey, ...pairing }) => ({
        ...pairing,
        publicKey: Buffer.from(publicKey).toString('hex'),
      })),
    })
  }
}
