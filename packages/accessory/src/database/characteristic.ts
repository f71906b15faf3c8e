import {
  type CharacteristicDefinition,
  type CharacteristicFormat,
  type FormatValue,
  hapStatus,
  longUuid,
} from '@hksv/hap'

import { hapStatusError } from '../errors.ts'
import type { RequestContext, Requester } from './request-context.ts'
import { type CharacteristicValue, nearestStep, parseValue } from './value.ts'

const PROGRAMMABLE_SWITCH_EVENT = longUuid('73')

/** What a program may narrow of a characteristic's definition. */
export type CharacteristicLimits = Partial<
  Pick<
    CharacteristicDefinition,
    'minValue' | 'maxValue' | 'minStep' | 'validValues' | 'maxLength' | 'unit'
  >
>

/** What makes a characteristic more than a stored value. */
export interface CharacteristicOptions<V extends CharacteristicValue = CharacteristicValue>
  extends CharacteristicLimits {
  /**
   * The first value, or how to come by it, also when everybody has unpaired. Unless given: false, the
   * smallest valid number, or an empty string.
   */
  readonly value?: V | (() => V)
  /**
   * Asked for the value at each read, instead of the stored one; events carry what `update` was told.
   * To refuse, throw the error of `hapStatusError`.
   */
  get?(context: RequestContext): V | Promise<V>
  /**
   * Called with each valid value a controller writes, before it is stored. What it returns is the
   * write response, where there is one. To refuse, throw the error of `hapStatusError`.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a setter without a word is the usual one
  set?(value: V, context: RequestContext): void | V | Promise<void | V>
}

/** A characteristic of a running accessory, as its program sees it. */
export interface PublishedCharacteristic<V extends CharacteristicValue = CharacteristicValue> {
  /** The stored value, as an event carries it. */
  readonly value: V
  /**
   * Stores a value of the accessory's own and tells every subscriber when it changed.
   *
   * @throws RangeError when it is not one of the characteristic's.
   */
  update(value: V): void
  /**
   * Tells every subscriber of something that happened, like a press, whether or not the value is the
   * same.
   *
   * @throws RangeError when it is not one of the characteristic's.
   */
  occur(value: V): void
}

/** Told of each change, with the connection that wrote it, which gets no event. */
export type ChangeListener = (characteristic: Characteristic, origin: Requester | undefined) => void

/** One characteristic of the accessory. */
export class Characteristic<F extends CharacteristicFormat = CharacteristicFormat>
  implements PublishedCharacteristic<FormatValue<F>>
{
  readonly name: string
  readonly definition: CharacteristicDefinition
  readonly instanceId: number
  readonly isAdminRead: boolean
  readonly isAdminWrite: boolean
  /** Its members in `GET /accessories` but the value: `"iid":9,"type":"25",…`. */
  readonly description: string
  readonly #options: CharacteristicOptions
  readonly #isButton: boolean
  readonly #changed: ChangeListener
  #value: CharacteristicValue

  constructor(options: {
    name: string
    definition: CharacteristicDefinition
    instanceId: number
    isAdminRead: boolean
    isAdminWrite: boolean
    handlers: CharacteristicOptions
    changed: ChangeListener
  }) {
    this.name = options.name
    this.definition = options.definition
    this.instanceId = options.instanceId
    this.isAdminRead = options.isAdminRead
    this.isAdminWrite = options.isAdminWrite
    this.#options = options.handlers
    this.#changed = options.changed
    this.#isButton = longUuid(options.definition.type) === PROGRAMMABLE_SWITCH_EVENT
    this.#value = this.#initialValue()
    const { type, perms } = this.definition
    const about = { iid: this.instanceId, type, perms, ...describeMeta(this.definition) }
    this.description = JSON.stringify(about).slice(1, -1)
  }

  get value(): FormatValue<F> {
    // Every value came through parseValue, or from handlers that are typed by the format.
    return this.#value as FormatValue<F>
  }

  update(value: FormatValue<F>): void {
    this.store(this.#valid(value))
  }

  occur(value: FormatValue<F>): void {
    this.#value = this.#valid(value)
    this.#changed(this, undefined)
  }

  /** Whether it is asked for its value at each read. */
  get hasGetter(): boolean {
    return this.#options.get !== undefined
  }

  /**
   * What controllers read: the stored value, or what its getter says.
   *
   * @throws AccessoryError `HAP_STATUS` and whatever the getter throws.
   */
  read(context: RequestContext): CharacteristicValue | Promise<CharacteristicValue> {
    if (!this.definition.perms.includes('pr')) throw hapStatusError(hapStatus.writeOnly)
    // A button has no state to read.
    if (this.#isButton) return null
    const { get } = this.#options
    if (get === undefined) return this.#value
    const answer = within(context, get.call(this.#options, context))
    return answer instanceof Promise
      ? answer.then(value => this.#valid(value))
      : this.#valid(answer)
  }

  /**
   * Takes a value that {@link parseValue} passed.
   *
   * @returns The write response, if there is one.
   * @throws AccessoryError `HAP_STATUS` and whatever the setter throws.
   */
  async write(
    value: CharacteristicValue,
    context: RequestContext,
  ): Promise<CharacteristicValue | undefined> {
    const { set } = this.#options
    const response =
      set === undefined ? undefined : await within(context, set.call(this.#options, value, context))
    if (this.definition.perms.includes('wr') && response !== undefined) {
      // A write response stands for the value; what was written to a control point is not its state.
      return response
    }
    this.store(value, context.requester)
    return undefined
  }

  /** Stores a value and tells every subscriber but `origin` when it changed. */
  store(value: CharacteristicValue, origin?: Requester): void {
    if (value === this.#value) return
    this.#value = value
    this.#changed(this, origin)
  }

  /** Takes its first value again. */
  reset(): void {
    this.store(this.#initialValue())
  }

  #initialValue(): CharacteristicValue {
    const { value } = this.#options
    if (value === undefined) return defaultValue(this.definition)
    return this.#valid(typeof value === 'function' ? value() : value)
  }

  /** A sensor measures between the steps that controllers know: the nearest one is its value. */
  #valid(value: CharacteristicValue): CharacteristicValue {
    const parsed = parseValue(this.definition, nearestStep(this.definition, value))
    if (parsed === undefined) {
      throw new RangeError(`${JSON.stringify(value)} is no value of ${this.name}`)
    }
    return parsed
  }
}

/** The members that `GET /characteristics?meta=1` adds. */
export function describeMeta(definition: CharacteristicDefinition): Record<string, unknown> {
  const { format, unit, minValue, maxValue, minStep, maxLength, validValues } = definition
  const meta = {
    format,
    unit,
    minValue,
    maxValue,
    minStep,
    maxLen: maxLength,
    'valid-values': validValues,
  }
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined))
}

function defaultValue(definition: CharacteristicDefinition): CharacteristicValue {
  const { format, minValue, validValues } = definition
  if (format === 'bool') return false
  if (format === 'string' || format === 'tlv8' || format === 'data') return ''
  return validValues?.[0] ?? Math.max(0, minValue ?? 0)
}

/** What a handler answers, unless the request's time is up first. */
function within<T>(context: RequestContext, answer: T | Promise<T>): T | Promise<T> {
  if (!(answer instanceof Promise)) return answer
  const { signal } = context
  return new Promise((resolve, reject) => {
    const late = () => reject(hapStatusError(hapStatus.timedOut, signal.reason))
    if (signal.aborted) late()
    else signal.addEventListener('abort', late, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', late))
  })
}
