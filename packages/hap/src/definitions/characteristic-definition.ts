/** How a characteristic's value is written in JSON. @see HomeKit Accessory Protocol R2 table 6-5 */
export type CharacteristicFormat =
  | 'bool'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'int'
  | 'float'
  | 'string'
  | 'tlv8'
  | 'data'

/**
 * What may be done with a characteristic: `pr` read, `pw` write, `ev` notify, `aa` additional
 * authorization, `tw` only timed writes, `wr` write response, `hd` hidden.
 *
 * @see HomeKit Accessory Protocol R2 table 6-4
 */
export type CharacteristicPermission = 'pr' | 'pw' | 'ev' | 'aa' | 'tw' | 'wr' | 'hd'

/**
 * A value of this format as it stands in JSON: `tlv8` and `data` as base64, `uint64` as a number
 * that is exact up to 2^53 - 1.
 */
export type FormatValue<F extends CharacteristicFormat> = F extends 'bool'
  ? boolean
  : F extends 'string' | 'tlv8' | 'data'
    ? string
    : number

/** Which numbers a characteristic takes. Whatever is absent is not limited but by the format. */
export interface ValueLimits {
  readonly minValue?: number
  readonly maxValue?: number
  /** Counted from `minValue`. */
  readonly minStep?: number
  /** In rising order; absent where every step of the range is valid. */
  readonly validValues?: readonly number[]
}

/** One row of the attribute database's table. */
export interface CharacteristicDefinition<F extends CharacteristicFormat = CharacteristicFormat>
  extends ValueLimits {
  /** Short UUID, upper case. */
  readonly type: string
  readonly format: F
  readonly perms: readonly CharacteristicPermission[]
  readonly unit?: 'celsius' | 'percentage' | 'arcdegrees' | 'lux' | 'seconds'
  /** Longest string in bytes; 64 unless given. */
  readonly maxLength?: number
  /** Sent at once and never merged with other changes. */
  readonly isImmediate?: boolean
}

/** Rows by name, each of the format that `Formats` gives the name. */
export type CharacteristicTable<Formats extends Record<keyof Formats, CharacteristicFormat>> = {
  readonly [N in keyof Formats]: CharacteristicDefinition<Formats[N]>
}

type Permissions = readonly CharacteristicPermission[]

/** Read. */
export const READ: Permissions = ['pr']
/** Write. */
export const WRITE: Permissions = ['pw']
/** Read and notify: what the accessory observes. */
export const OBSERVE: Permissions = ['pr', 'ev']
/** Read, write and notify: what the controller sets. */
export const CONTROL: Permissions = ['pr', 'pw', 'ev']
/** Write and read the response. */
export const CONTROL_POINT: Permissions = ['pr', 'pw', 'wr']

type Range<F extends CharacteristicFormat> = { readonly format: F } & Required<
  Pick<ValueLimits, 'minValue' | 'maxValue' | 'minStep'>
>

/** A uint8 that counts the states of something from 0 to `maxValue`. */
export function states(maxValue: number): Range<'uint8'> {
  return { format: 'uint8', minValue: 0, maxValue, minStep: 1 }
}

/** A whole percentage in any format. */
export function percentage<F extends 'uint8' | 'int' | 'float'>(
  format: F,
): Range<F> & { readonly unit: 'percentage' } {
  return { format, minValue: 0, maxValue: 100, minStep: 1, unit: 'percentage' }
}
