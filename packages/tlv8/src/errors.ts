/** What can be wrong with TLV8 bytes, by code. Compare on the code, never on the text. */
export const tlvErrors = {
  /** A header or value is cut short. */
  TLV_TRUNCATED: 'the bytes end inside an item',
  /** A fragment that is not the last of its value is shorter than 255 bytes, or one is empty. */
  TLV_FRAGMENT: 'a fragmented value is not continued as it must be',
  /** A field that may come once comes again. */
  TLV_DUPLICATE: 'a field comes twice',
  /** A value has a length that its field does not allow. */
  TLV_LENGTH: 'a value has the wrong length',
  /** A value is outside what its field can hold. */
  TLV_VALUE: 'a value is not one of its field',
  /** A required field is not there. */
  TLV_MISSING: 'a required field is missing',
  /** More items than any message has. */
  TLV_TOO_MANY: 'there are too many items',
} as const

/** A code of {@link TlvError}. */
export type TlvErrorCode = keyof typeof tlvErrors

/** The one error class of this package. */
export class TlvError extends Error {
  override readonly name = 'TlvError'
  readonly code: TlvErrorCode
  /** Where in the bytes, as far as it is known. */
  readonly offset: number | undefined
  /** The name of the field, where a schema was at work. */
  readonly field: string | undefined

  constructor(
    code: TlvErrorCode,
    options: { offset?: number | undefined; field?: string; cause?: unknown } = {},
  ) {
    const { offset, field, cause } = options
    const place = field === undefined ? '' : ` (${field})`
    const at = offset === undefined ? '' : ` at byte ${offset}`
    super(`${tlvErrors[code]}${place}${at}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.offset = offset
    this.field = field
  }
}

/** @returns Whether `error` is a {@link TlvError}, of whichever copy of this package. */
export function isTlvError(error: unknown): error is TlvError {
  if (!(error instanceof Error) || error.name !== 'TlvError' || !('code' in error)) return false
  return typeof error.code === 'string' && Object.hasOwn(tlvErrors, error.code)
}
