import type { RawItem } from '../evidence/database.ts'
import { type Fault, unless } from '../rule.ts'

/** A type in a database. @see HomeKit Accessory Protocol R2 §6.6.1 */
export const UUID: RegExp =
  /^(?:[0-9a-f]{1,8}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i

/** @see HomeKit Accessory Protocol R2 table 6-4 */
export const permissions: readonly string[] = ['pr', 'pw', 'ev', 'aa', 'tw', 'wr', 'hd']

const integers: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 0xff],
  uint16: [0, 0xffff],
  uint32: [0, 0xffff_ffff],
  uint64: [0, Number.MAX_VALUE],
  int: [-0x8000_0000, 0x7fff_ffff],
}

/** @see HomeKit Accessory Protocol R2 table 6-5 */
export const formats: readonly string[] = [
  'bool',
  ...Object.keys(integers),
  'float',
  'string',
  'tlv8',
  'data',
]

/** Whether a JSON value is one of a format; bools and two states are taken for each other. */
export function fitsFormat(format: string, value: unknown): boolean {
  if (format === 'string') return typeof value === 'string'
  if (format === 'tlv8' || format === 'data') return typeof value === 'string' && isBase64(value)
  if (typeof value === 'boolean') return format === 'bool' || format === 'uint8'
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  if (format === 'float') return true
  if (format === 'bool') return value === 0 || value === 1
  const [least, most] = integers[format] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  return Number.isInteger(value) && value >= least && value <= most
}

/** Whether hubs read both formats alike: bool and uint8, and the widths of integers. */
export function isSameKind(a: string, b: string): boolean {
  const kind = (format: string) => (format === 'bool' || format in integers ? 'integer' : format)
  return kind(a) === kind(b) || (a === 'float' && b in integers)
}

/** How the value of a characteristic breaks its own limits. */
export function limitFault(item: RawItem): Fault | undefined {
  const { value, minValue, maxValue, iid } = item
  const valid = item['valid-values']
  if (typeof value !== 'number') return undefined
  const text = `the value of ${String(iid)} is ${value}`
  if (typeof minValue === 'number' && value < minValue)
    return { text: `${text}, minValue ${minValue}` }
  if (typeof maxValue === 'number' && value > maxValue)
    return { text: `${text}, maxValue ${maxValue}` }
  return unless(!Array.isArray(valid) || valid.includes(value), `${text}, none of valid-values`)
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}
