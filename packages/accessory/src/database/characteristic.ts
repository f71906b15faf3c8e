import {
  type CharacteristicDefinition,
  type CharacteristicName,
  characteristics,
  hapStatus,
} from '@hksv/hap'

import { hapStatusError } from '../errors.ts'
import type { CharacteristicValue } from './value.ts'

/** The verified connection that a request came on. */
export interface Requester {
  /** Pairing id of the controller. */
  readonly controllerId: string
  /** X25519 secret of its pair-verify, 32 bytes: HDS keys come from it. */
  readonly sharedSecret: Uint8Array
  /** The address of ours that it talks to. */
  readonly localAddress: string
  /** Aborted when the connection ends. */
  readonly signal: AbortSignal
}

/** What makes a characteristic more than a stored value. */
export interface CharacteristicOptions {
  /** The first value, or how to come by it, also after a reset; null unless given. */
  readonly value?: CharacteristicValue | (() => CharacteristicValue)
  /** Asked for the value at each read, instead of the stored one. */
  readonly read?: (requester: Requester) => CharacteristicValue | Promise<CharacteristicValue>
  /**
   * Called with each valid value a controller writes, before it is stored. What it returns is the
   * write response. To refuse, throw the error of `hapStatusError`.
   */
  readonly write?: (
    value: CharacteristicValue,
    requester: Requester,
  ) => undefined | CharacteristicValue | Promise<undefined | CharacteristicValue>
}

/** Told of each change, with the connection that wrote it, which gets no event. */
export type ChangeListener = (characteristic: Characteristic, origin: Requester | undefined) => void

/** One characteristic of the accessory. */
export class Characteristic {
  readonly name: CharacteristicName
  readonly definition: CharacteristicDefinition
  readonly instanceId: number
  readonly isAdminWrite: boolean
  readonly #options: CharacteristicOptions
  readonly #changed: ChangeListener
  #value: CharacteristicValue

  constructor(options: {
    name: CharacteristicName
    instanceId: number
    isAdminWrite: boolean
    handlers: CharacteristicOptions
    changed: ChangeListener
  }) {
    this.name = options.name
    this.definition = characteristics[options.name]
    this.instanceId = options.instanceId
    this.isAdminWrite = options.isAdminWrite
    this.#options = options.handlers
    this.#changed = options.changed
    this.#value = this.#initialValue()
  }

  /** The stored value, as an event carries it. */
  get value(): CharacteristicValue {
    return this.#value
  }

  /** Stores a value of the accessory's own and tells every subscriber when it changed. */
  update(value: CharacteristicValue, origin?: Requester): void {
    if (value === this.#value) return
    this.#value = value
    this.#changed(this, origin)
  }

  /** Tells every subscriber of something that happened, whether or not the value is the same. */
  occur(value: CharacteristicValue): void {
    this.#value = value
    this.#changed(this, undefined)
  }

  /** @throws AccessoryError `HAP_STATUS` and whatever the handler throws. */
  async read(requester: Requester): Promise<CharacteristicValue> {
    if (!this.definition.perms.includes('pr')) throw hapStatusError(hapStatus.writeOnly)
    // A button has no state to read.
    if (this.name === 'programmableSwitchEvent') return null
    return this.#options.read === undefined ? this.#value : await this.#options.read(requester)
  }

  /**
   * Takes a value that {@link parseValue} passed.
   *
   * @returns The write response, if there is one.
   */
  async write(
    value: CharacteristicValue,
    requester: Requester,
  ): Promise<undefined | CharacteristicValue> {
    const response = await this.#options.write?.(value, requester)
    // A write response stands for the value; what was written to a control point is not its state.
    if (response === undefined) this.update(value, requester)
    return response
  }

  /** Takes its first value again. */
  reset(): void {
    this.update(this.#initialValue())
  }

  #initialValue(): CharacteristicValue {
    const { value = null } = this.#options
    return typeof value === 'function' ? value() : value
  }
}
