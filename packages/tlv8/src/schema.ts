import type { TlvCodec, TlvMode } from './codecs.ts'
import { isTlvError, TlvError } from './errors.ts'
import type { TlvTable } from './fields.ts'
import {
  checkType,
  decodeItems,
  decodeLooseItems,
  encodeItems,
  LIST_SEPARATOR,
  type TlvItem,
} from './items.ts'

/** A typed message. */
export interface TlvSchema<T extends object> {
  /** Whether no bytes are a message too: none of its fields is required. */
  readonly mayBeEmpty?: boolean
  /**
   * @throws RangeError when a value does not fit its field.
   * @throws TypeError when a required one is missing.
   */
  encode(value: T): Uint8Array
  /**
   * Reads strictly: fixed sizes, no field twice. Unknown types are ignored.
   *
   * @returns Byte values are views of `bytes` where they were not fragmented.
   * @throws TlvError
   */
  decode(bytes: Uint8Array): T
  /**
   * Reads what devices really send: list elements without separators, integers of another width,
   * empty items in places where they mean nothing.
   *
   * @returns As {@link TlvSchema.decode}.
   * @throws TlvError
   */
  decodeLenient(bytes: Uint8Array): T
}

/** The type of a schema's messages. */
export type TlvValue<S> = S extends TlvSchema<infer T> ? T : never

interface Row {
  readonly name: string
  readonly kind: 'required' | 'optional' | 'list'
  readonly type: number
  readonly codec: TlvCodec<unknown>
}

/**
 * Makes a schema of a table of fields.
 *
 * @throws RangeError when two rows have one type, a type is no byte, or a list has the type of its
 * separators.
 * @example
 * interface Attributes { width: number; height: number; frameRate?: number }
 * const attributes: TlvSchema<Attributes> = tlvSchema<Attributes>({
 *   width: required(0x01, uint16),
 *   height: required(0x02, uint16),
 *   frameRate: optional(0x03, uint8),
 * })
 */
export function tlvSchema<T extends object>(table: TlvTable<T>): TlvSchema<T> {
  // The table's type ties each row to its property; from here on rows are handled alike.
  const rows = Object.entries(table as Readonly<Record<string, Omit<Row, 'name'>>>).map(
    ([name, field]): Row => ({ name, ...field }),
  )
  checkRows(rows)
  return {
    mayBeEmpty: rows.every(({ kind }) => kind !== 'required'),
    encode: value => encodeItems(writeRows(rows, value as Readonly<Record<string, unknown>>)),
    decode: bytes => readRows(rows, decodeItems(bytes), 'strict') as T,
    decodeLenient: bytes => readRows(rows, decodeLooseItems(bytes), 'lenient') as T,
  }
}

function checkRows(rows: readonly Row[]): void {
  const types = new Set<number>()
  for (const { name, kind, type } of rows) {
    checkType(type)
    if (types.has(type)) throw new RangeError(`${name} has the type of another field`)
    if (kind === 'list' && type === LIST_SEPARATOR) throw new RangeError(`${name} cannot be a list`)
    types.add(type)
  }
}

function writeRows(rows: readonly Row[], value: Readonly<Record<string, unknown>>): TlvItem[] {
  return rows.flatMap(({ name, kind, type, codec }) => {
    const property = value[name]
    if (kind !== 'list') {
      if (property !== undefined) return [{ type, value: codec.encode(property) }]
      if (kind === 'required') throw new TypeError(`${name} is missing`)
      return []
    }
    const elements = property as readonly unknown[]
    return elements.flatMap((element, i) => {
      const item = { type, value: codec.encode(element) }
      // Without it the next element would be read as a fragment of this one.
      return i === 0 ? [item] : [{ type: LIST_SEPARATOR, value: new Uint8Array(0) }, item]
    })
  })
}

function readRows(
  rows: readonly Row[],
  items: readonly TlvItem[],
  mode: TlvMode,
): Record<string, unknown> {
  const message: Record<string, unknown> = {}
  for (const row of rows) {
    const { name, kind, type, codec } = row
    const found = items.filter(item => item.type === type && !isSeparator(item, rows))
    const values = (mode === 'strict' ? found : withoutPadding(found, row)).map(({ value }) =>
      decodeField(name, codec, value, mode),
    )
    if (kind === 'list') {
      message[name] = values
      continue
    }
    if (values.length > 1) throw new TlvError('TLV_DUPLICATE', { field: name })
    if (values.length === 1) message[name] = values[0]
    else if (kind === 'required') throw new TlvError('TLV_MISSING', { field: name })
  }
  return message
}

/** In a message with lists, an empty item of type 00 separates; elsewhere 00 is a type like others. */
function isSeparator({ type, value }: TlvItem, rows: readonly Row[]): boolean {
  const separates = type === LIST_SEPARATOR && value.length === 0
  return separates && rows.some(({ kind }) => kind === 'list')
}

/** Devices separate with empty items of the field's own type, too, and close with one. */
function withoutPadding(found: readonly TlvItem[], { kind, codec }: Row): readonly TlvItem[] {
  const filled = found.filter(({ value }) => value.length > 0)
  const isValue = filled.length === 0 && kind !== 'list' && codec.mayBeEmpty === true
  return isValue ? found.slice(0, 1) : filled
}

function decodeField(
  name: string,
  codec: TlvCodec<unknown>,
  value: Uint8Array,
  mode: TlvMode,
): unknown {
  try {
    return codec.decode(value, mode)
  } catch (error) {
    if (!isTlvError(error) || error.field !== undefined) throw error
    throw new TlvError(error.code, { field: name, cause: error })
  }
}
