/**
 * What can go wrong in `@hksv/hds`, by code. Compare on the code, never on the text.
 *
 * `OPACK_` codes come from the codec. Of the `HDS_` codes, all but `HDS_HEADER`, `HDS_MESSAGE` and
 * `HDS_SETUP` end the connection: close the socket.
 */
export const hdsErrors = {
  /** The document ends inside a value, or a length reaches beyond the end. */
  OPACK_TRUNCATED: 'the OPACK document is cut short',
  /** Tag 00, which is never valid. */
  OPACK_ZERO_TAG: 'OPACK tag 00 is invalid',
  /** An unassigned tag, or C3 and C4, whose width is disputed. */
  OPACK_UNKNOWN_TAG: 'an OPACK tag is not assigned',
  /** A string is not UTF-8. */
  OPACK_BAD_UTF8: 'an OPACK string is not UTF-8',
  /** Chunked data (tag 9F) holds something other than data. */
  OPACK_BAD_CHUNK: 'OPACK chunked data holds something other than data',
  /** A back reference points to a slot that is not filled yet. */
  OPACK_BAD_REFERENCE: 'an OPACK back reference points nowhere',
  /** Tag 03 where a value has to be. */
  OPACK_UNEXPECTED_TERMINATOR: 'an OPACK terminator stands where a value has to be',
  /** Containers are nested deeper than 32. */
  OPACK_TOO_DEEP: 'OPACK containers are nested too deep',
  /** A dictionary key is not a string, or occurs twice. */
  OPACK_BAD_KEY: 'an OPACK dictionary key is not a string, or occurs twice',
  /** More than 4096 values, or back references that stand for more than 16 MiB. */
  OPACK_TOO_LARGE: 'an OPACK document stands for too much',
  /** Bytes follow the document. */
  OPACK_TRAILING_BYTES: 'bytes follow the OPACK document',
  /** A frame's type is not 01. */
  HDS_FRAME_TYPE: 'a data stream frame has an unknown type',
  /** A frame announces more than the receiver takes. */
  HDS_FRAME_TOO_LONG: 'a data stream frame is too long',
  /** A frame cannot hold a header and a message. */
  HDS_FRAME_TOO_SHORT: 'a data stream frame is too short to hold a message',
  /** A frame's tag does not match: other keys, another counter, or altered bytes. */
  HDS_AUTHENTICATION: 'a data stream frame could not be authenticated',
  /** A frame was begun and not completed within 30 s. */
  HDS_FRAME_TIMEOUT: 'a data stream frame did not arrive in time',
  /** A message's header is no valid header (HDS status 3). */
  HDS_HEADER: 'a data stream header is malformed',
  /** A message's body is no dictionary, or lacks a value (HDS status 4). */
  HDS_MESSAGE: 'a data stream message is malformed',
  /** The first message was not the hello it has to be. */
  HDS_HELLO: 'the data stream did not begin with hello',
  /** No hello within 10 s. */
  HDS_HELLO_TIMEOUT: 'no data stream hello arrived in time',
  /** Eight messages had to be dropped. */
  HDS_TOO_MANY_BAD_MESSAGES: 'too many malformed data stream messages',
  /** The peer sends requests and does not read: 64 answers wait. */
  HDS_UNREAD_ANSWERS: 'too many data stream answers wait to be read',
  /** A SetupDataStreamTransport value is malformed (HAP status -70410). */
  HDS_SETUP: 'the data stream setup is malformed',
} as const

/** A code of {@link HdsError}. */
export type HdsErrorCode = keyof typeof hdsErrors

/** The one error class of this package. It is always the peer's fault. */
export class HdsError extends Error {
  override readonly name = 'HdsError'
  readonly code: HdsErrorCode
  /** Byte offset in the decoded document, with `OPACK_` codes. */
  readonly offset: number | undefined

  constructor(
    code: HdsErrorCode,
    options: { detail?: string; offset?: number; cause?: unknown } = {},
  ) {
    const { detail, offset, cause } = options
    const place = offset === undefined ? '' : ` (offset ${offset})`
    super(
      `${hdsErrors[code]}${detail === undefined ? '' : `: ${detail}`}${place}`,
      cause === undefined ? undefined : { cause },
    )
    this.code = code
    this.offset = offset
  }
}

/** @returns Whether `error` is an {@link HdsError}, of whichever copy of this package. */
export function isHdsError(error: unknown): error is HdsError {
  return (
    error instanceof Error &&
    error.name === 'HdsError' &&
    'code' in error &&
    typeof error.code === 'string' &&
    Object.hasOwn(hdsErrors, error.code)
  )
}
