import { toInteger } from './scalars.ts'
import type { OpackInput } from './value.ts'

/**
 * The table of values that Apple's writer refers back to instead of writing them again.
 *
 * Not in it: booleans, null, the integers -1..39, empty strings, data of fewer than 2 bytes,
 * containers. Values of different kinds are never equal.
 */
export class BackReferences {
  readonly #indices = new Map<string, number>()

  /**
   * @returns The slot of an equal value that came before; otherwise `undefined`, and the value has
   * got the next slot when it is one that takes any.
   */
  indexOf(value: OpackInput): number | undefined {
    const key = slotKey(value)
    if (key === undefined) return undefined
    const index = this.#indices.get(key)
    if (index !== undefined) return index <= 0xffff ? index : undefined
    this.#indices.set(key, this.#indices.size)
    return undefined
  }
}

function slotKey(value: OpackInput): string | undefined {
  if (value === null || typeof value === 'boolean') return undefined
  if (typeof value === 'string') return value === '' ? undefined : `string ${value}`
  if (typeof value === 'number' || typeof value === 'bigint') {
    const integer = toInteger(value)
    return integer >= -1n && integer <= 39n ? undefined : `integer ${integer}`
  }
  if (value instanceof Uint8Array) return dataKey([value])
  if (!('kind' in value)) return undefined
  switch (value.kind) {
    case 'data':
      return dataKey(value.parts)
    case 'uuid':
      return `uuid ${value.text.toLowerCase()}`
    case 'date':
      return `date ${numberKey(value.seconds)}`
    default:
      return `${value.kind} ${numberKey(value.value)}`
  }
}

function dataKey(parts: readonly Uint8Array[]): string | undefined {
  const text = parts.map(part => part.join()).filter(part => part !== '')
  const key = text.join()
  return key.includes(',') ? `data ${key}` : undefined
}

/** Negative zero is another value than zero. */
function numberKey(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
