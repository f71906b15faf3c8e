import type { TlvCodec } from './codecs.ts'

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

/** A row of a table: a field that every message has. */
export function required<T>(type: number, codec: TlvCodec<T>): RequiredField<T> {
  return { kind: 'required', type, codec }
}

/** A row of a table: a field that may be missing, as its property may be. */
export function optional<T>(type: number, codec: TlvCodec<T>): OptionalField<T> {
  return { kind: 'optional', type, codec }
}

/**
 * A row of a table: a field that comes once for each element of an array, with an empty item of type
 * 00 between. No element is no item.
 */
export function list<T>(type: number, codec: TlvCodec<T>): ListField<T> {
  return { kind: 'list', type, codec }
}
