import type { TlvCodec, TlvMode } from './codecs.ts'
import { isTlvError, TlvError } from './errors.ts'
import { decodeItems, decodeListItems, encodeItems, LIST_SEPARATOR, type TlvItem } from './items.ts'

/** A field that every message has. */
export interface RequiredField<T> {
  readonly kind: 'required'
  readonly type: number
  readonly codec: TlvCodec<T>
}

/** A field that a message may have. */
export interface OptionalField<T> {
  readonly kind: 'optional'
  readonly type: number
  readonly codec: TlvCodec<T>
}

/** A field that a message may have any number of times, with separators between. */
export interface ListField<T> {
  readonly kind: 'list'
  readonly type: number
  readonly codec: TlvCodec<T>
}

/** The field that a property of type `T[K]` needs. */
export type TlvFieldOf<T, K extends keyof T> =
  Record<never, never> extends Pick<T, K>
    ? OptionalField<NonNullable<T[K]>>
    : T[K] extends readonly (infer Element)[]
      ? ListField<Element>
      : RequiredField<T[K]>

/** One row for each property of `T`, in the order in which they are written. */
export type TlvTable<T extends object> = { readonly [K in keyof T]-?: TlvFieldOf<T, K> }

/** A typed message. */
export interface TlvSchema<T extends object> {
  /** @throws RangeError when a value does not fit its field. */
  encode(value: T): Uint8Array
  /**
   * Reads strictly: fixed sizes, no field twice. Unknown types are ignored.
   *
   * @returns Byte values are views of `bytes` where they were not fragmented.
   * @throws TlvError
   */
  decode(bytes: Uint8Array): T
  /**
   * Reads what devices really send: list elements without separators, integers of another width.
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

export function required<T>(type: number, codec: TlvCodec<T>): RequiredField<T> {
  return { kind: 'required', type, codec }
}

export function optional<T>(type: number, codec: TlvCodec<T>): OptionalField<T> {
  return { kind: 'optional', type, codec }
}

export function list<T>(type: number, codec: TlvCodec<T>): ListField<T> {
  return { kind: 'list', type, codec }
}

/**
 * Makes a schema of a table of fields.
 *
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
  return {
    encode: value => encodeItems(writeRows(rows, value as Readonly<Record<string, unknown>>)),
    decode: bytes => readRows(rows, decodeItems(bytes), 'strict') as T,
    decodeLenient: bytes => readRows(rows, decodeListItems(bytes), 'lenient') as T,
  }
}

function writeRows(rows: readonly Row[], value: Readonly<Record<string, unknown>>): TlvItem[] {
  return rows.flatMap(({ name, kind, type, codec }) => {
    const property = value[name]
    if (kind !== 'list') {
      return property === undefined ? [] : [{ type, value: codec.encode(property) }]
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
  for (const { name, kind, type, codec } of rows) {
    const found = items.filter(item => item.type === type && !isSeparator(item, rows))
    const values = found.map(({ value }) => decodeField(name, codec, value, mode))
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
