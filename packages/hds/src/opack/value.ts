/** A 32-bit float; a plain number is an integer. */
export interface OpackFloat32 {
  readonly kind: 'float32'
  readonly value: number
}

/** A 64-bit float; a plain number is an integer. */
export interface OpackFloat64 {
  readonly kind: 'float64'
  readonly value: number
}

/** A moment, in seconds since 2001-01-01T00:00:00Z (Unix time 978307200). */
export interface OpackDate {
  readonly kind: 'date'
  readonly seconds: number
}

/** A UUID as lower-case text with hyphens. */
export interface OpackUuid {
  readonly kind: 'uuid'
  readonly text: string
}

/** One data value given as slices, so that a writer need not join them first. */
export interface DataParts {
  readonly kind: 'data'
  readonly parts: readonly Uint8Array[]
}

type OpackScalar =
  | number
  | bigint
  | boolean
  | null
  | string
  | Uint8Array
  | OpackFloat32
  | OpackFloat64
  | OpackDate
  | OpackUuid

/**
 * What `decode` returns. Integers are numbers up to 2^53 - 1 and bigints beyond; data is a view of
 * the decoded bytes; a dictionary is a `Map`, so that every key is harmless.
 */
export type OpackValue = OpackScalar | OpackValue[] | OpackDictionary

/** A decoded dictionary. */
export type OpackDictionary = Map<string, OpackValue>

/** What `encode` takes: every {@link OpackValue}, and data in slices. */
export type OpackInput =
  | OpackScalar
  | DataParts
  | readonly OpackInput[]
  | ReadonlyMap<string, OpackInput>

/** @returns A 32-bit float; `value` is rounded to the nearest one. */
export function float32(value: number): OpackFloat32 {
  return { kind: 'float32', value: Math.fround(value) }
}

/** @returns A 64-bit float. */
export function float64(value: number): OpackFloat64 {
  return { kind: 'float64', value }
}

/** @returns A date, `seconds` after 2001-01-01T00:00:00Z. */
export function date(seconds: number): OpackDate {
  return { kind: 'date', seconds }
}

/**
 * @param text 32 hexadecimal digits in groups of 8-4-4-4-12.
 * @throws TypeError on anything else.
 */
export function uuid(text: string): OpackUuid {
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) {
    throw new TypeError('a UUID has 8-4-4-4-12 hexadecimal digits')
  }
  return { kind: 'uuid', text: text.toLowerCase() }
}

/** @returns One data value made of `parts`, which stay the caller's memory. */
export function dataParts(parts: readonly Uint8Array[]): DataParts {
  return { kind: 'data', parts }
}

/** @returns A dictionary of `entries`, in their order, without those that are `undefined`. */
export function dictionary(
  entries: Readonly<Record<string, OpackInput | undefined>>,
): ReadonlyMap<string, OpackInput> {
  const map = new Map<string, OpackInput>()
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) map.set(key, value)
  return map
}
