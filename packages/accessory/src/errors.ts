import type { HapStatus } from '@hksv/hap'

/** What can go wrong in `@hksv/accessory`, by code. Compare on the code, never on the text. */
export const accessoryErrors = {
  /** A file in the storage directory is not what was written there. */
  STORAGE_DAMAGED: 'the stored state is damaged',
  /** A file in the storage directory is of a version that is not known yet. */
  STORAGE_NEWER: 'the stored state is of a newer version',
  /** A backup is there already, is none, or is damaged. */
  BACKUP_INVALID: 'the backup cannot be used',
  /** The storage directory cannot be created, read or written. */
  STORAGE_UNUSABLE: 'the storage directory cannot be used',
  /** Another camera uses the storage directory, in this process or another one. */
  STORAGE_IN_USE: 'the storage directory is in use',
  /** Another process listens on the port. */
  PORT_IN_USE: 'the port is in use',
  /** The address cannot be listened on for another reason. */
  BIND_FAILED: 'cannot listen on this address',
  /** An option is outside what the camera can do. */
  OPTION_INVALID: 'an option is invalid',
  /** A request on a characteristic is answered with a HAP status other than success. */
  HAP_STATUS: 'the request cannot be fulfilled',
  /** Whoever reads what is recorded is slower than it is recorded. */
  READER_TOO_SLOW: 'the reader is too slow',
  /** The media source ended or failed while it was needed. */
  SOURCE_FAILED: 'the source failed',
} as const

/** A code of {@link AccessoryError}. */
export type AccessoryErrorCode = keyof typeof accessoryErrors

/** The one error class of this package. Messages are whole sentences for the user. */
export class AccessoryError extends Error {
  override readonly name = 'AccessoryError'
  readonly code: AccessoryErrorCode
  /** The status to answer, when it is known better than "unable to perform". */
  readonly hapStatus: HapStatus | undefined

  constructor(
    code: AccessoryErrorCode,
    options: { message?: string; hapStatus?: HapStatus; cause?: unknown } = {},
  ) {
    super(
      options.message ?? accessoryErrors[code],
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.hapStatus = options.hapStatus
  }
}

/** @returns Whether `error` is an {@link AccessoryError}, of whichever copy of this package. */
export function isAccessoryError(error: unknown): error is AccessoryError {
  return error instanceof Error && error.name === 'AccessoryError' && 'code' in error
}

/** An error that a characteristic's handler throws to answer `status`. */
export function hapStatusError(hapStatus: HapStatus, cause?: unknown): AccessoryError {
  return new AccessoryError('HAP_STATUS', { hapStatus, cause })
}
