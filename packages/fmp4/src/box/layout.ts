import { fourccAt, uint64At } from '../bytes.ts'
import { Fmp4Error } from '../errors.ts'

/**
 * How a field lies in a box, big-endian. `time` is 32 bits in version 0 and 64 in version 1;
 * `bytes` has the length of its `value`.
 */
export type FieldType = 'u8' | 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'time' | 'fourcc' | 'bytes'

/** One field of a box. */
export interface Field {
  readonly name: string
  readonly type: FieldType
  /** What is written when nothing else is given. */
  readonly value?: number | string | Uint8Array
  /** The specification allows `value` only (reserved and pre_defined fields). */
  readonly isMandated?: boolean
  /** The field is there only when this bit of the flags is set. */
  readonly flag?: number
}

/** One box: its fields in order, then child boxes or a tail of its own shape. */
export interface Layout {
  readonly type: string
  /** Whether version and flags follow the header; the values we write. */
  readonly full?: { readonly version: number; readonly flags: number }
  readonly fields: readonly Field[]
  /** Whether boxes follow the fields. */
  readonly isContainer?: boolean
}

/** Values of a box by field name. */
export type FieldValues = Readonly<Record<string, number | string>>

const widths = { u8: 1, u16: 2, i16: 2, u32: 4, i32: 4, u64: 8, fourcc: 4 } as const

/** A field with a value of its own, `value` unless told. */
export const field = (name: string, type: FieldType, value?: Field['value']): Field =>
  value === undefined ? { name, type } : { name, type, value }

/** A field that can only have this value. */
export const fixed = (
  name: string,
  type: FieldType,
  value: NonNullable<Field['value']>,
): Field => ({
  name,
  type,
  value,
  isMandated: true,
})

/** Bytes that are zero and stay so. */
export const reserved = (length: number): Field =>
  fixed('reserved', 'bytes', new Uint8Array(length))

/** A field that is there when the flags have this bit. */
export const optional = (flag: number, name: string, type: FieldType): Field => ({
  name,
  type,
  flag,
})

/** @returns Length of a field in bytes. */
export function fieldLength(field: Field, version: number): number {
  if (field.type === 'time') return version === 1 ? 8 : 4
  if (field.type === 'bytes') return field.value instanceof Uint8Array ? field.value.length : 0
  return widths[field.type]
}

/** @returns The fields that are there with these flags. */
export function presentFields(layout: Layout, flags: number): readonly Field[] {
  return layout.fields.filter(field => field.flag === undefined || (flags & field.flag) !== 0)
}

/**
 * Reads a field that is not `bytes`.
 * @throws Fmp4Error FMP4_FIELD when a 64-bit number is above 2^53.
 */
export function readField(
  view: DataView,
  offset: number,
  field: Field,
  version: number,
): number | string {
  switch (field.type) {
    case 'u8':
      return view.getUint8(offset)
    case 'u16':
      return view.getUint16(offset)
    case 'i16':
      return view.getInt16(offset)
    case 'u32':
      return view.getUint32(offset)
    case 'i32':
      return view.getInt32(offset)
    case 'fourcc':
      return fourccAt(view, offset)
    case 'time':
      return version === 1 ? safeUint64(view, offset, field.name) : view.getUint32(offset)
    default:
      return safeUint64(view, offset, field.name)
  }
}

function safeUint64(view: DataView, offset: number, name: string): number {
  const value = uint64At(view, offset)
  if (!Number.isSafeInteger(value))
    throw new Fmp4Error('FMP4_FIELD', { detail: `${name} is above 2^53`, offset })
  return value
}
