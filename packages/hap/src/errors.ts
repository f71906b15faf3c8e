/**
 * What can go wrong in `@hksv/hap`, by code. Compare on the code, never on the text.
 *
 * A server answers `PAIR_MALFORMED` and `PAIR_UNEXPECTED_STATE` with HTTP 400 and an empty body,
 * and closes the connection on every `RECORD_` and `HTTP_` error.
 */
export const hapErrors = {
  /** A pairing body is not the TLV it has to be. */
  PAIR_MALFORMED: 'the pairing message is malformed',
  /** A pairing message came out of order. */
  PAIR_UNEXPECTED_STATE: 'the pairing message came out of order',
  /** The peer answered with a pairing error; `pairingError` holds it. */
  PAIR_REFUSED: 'the peer refused',
  /** The peer's proof, signature or tag does not hold. */
  PAIR_AUTHENTICATION: 'the peer could not be authenticated',
  /** The accessory that answered is not the one that was expected. */
  PAIR_WRONG_ACCESSORY: 'another accessory answered than the one expected',
  /** A frame announces more than 1024 bytes. */
  RECORD_TOO_LONG: 'a frame is longer than 1024 bytes',
  /** A frame's tag does not match: the counters or keys differ, or the frame was altered. */
  RECORD_AUTHENTICATION: 'a frame could not be authenticated',
  /** The bytes are no HTTP/1.1 request or response and no EVENT/1.0 message. */
  HTTP_SYNTAX: 'the bytes are no HTTP message',
  /** Head or body exceed the parser's limit. */
  HTTP_TOO_LARGE: 'the HTTP message is too large',
  /** The text is not a setup code of eight digits. */
  SETUP_CODE_FORMAT: 'a setup code has eight digits, written like 031-45-154',
  /** The code is one of the twelve that HomeKit forbids. */
  SETUP_CODE_FORBIDDEN: 'this setup code is too easy to guess and forbidden by HomeKit',
  /** The text is no `X-HM://` setup URI. */
  SETUP_URI: 'this is no HomeKit setup URI',
} as const

/** A code of {@link HapError}. */
export type HapErrorCode = keyof typeof hapErrors

/** The one error class of this package. */
export class HapError extends Error {
  override readonly name = 'HapError'
  readonly code: HapErrorCode
  /** The TLV error of the peer, with `PAIR_REFUSED`. */
  readonly pairingError: number | undefined

  constructor(
    code: HapErrorCode,
    options: { detail?: string; pairingError?: number; cause?: unknown } = {},
  ) {
    const { detail, pairingError, cause } = options
    super(
      detail === undefined ? hapErrors[code] : `${hapErrors[code]}: ${detail}`,
      cause === undefined ? undefined : { cause },
    )
    this.code = code
    this.pairingError = pairingError
  }
}

/** @returns Whether `error` is a {@link HapError}, of whichever copy of this package. */
export function isHapError(error: unknown): error is HapError {
  return error instanceof Error && error.name === 'HapError' && 'code' in error
}
