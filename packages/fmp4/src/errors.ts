/** What can go wrong in `@hksv/fmp4`, by code. Compare on the code, never on the text. */
export const fmp4Errors = {
  /** The bytes do not begin like an MP4 file. */
  FMP4_NOT_MP4: 'this is not an MP4 file',
  /** A box, or a sample, ends behind the end of the bytes. */
  FMP4_TRUNCATED: 'the MP4 data is cut short',
  /** The size of a box is smaller than its header, or larger than the box around it. */
  FMP4_BOX_SIZE: 'a box has an impossible size',
  /** A box that has to be there is missing. */
  FMP4_BOX_MISSING: 'a box is missing',
  /** A field holds a value that it cannot have. */
  FMP4_FIELD: 'a field of a box is invalid',
  /** More boxes, nesting or samples than the limits allow. */
  FMP4_LIMIT: 'the MP4 data exceeds a limit',
  /** A sequence parameter set or an AudioSpecificConfig cannot be read. */
  FMP4_BITSTREAM: 'a codec configuration cannot be read',
  /** A video track without usable SPS and PPS; an init segment of it would never play. */
  FMP4_PARAMETER_SETS: 'the video track has no usable parameter sets',
  /** Something is too large for the field that counts it. */
  FMP4_TOO_LARGE: 'too large for an MP4 box',
  /** No key frame came in time; the fragment was dropped, and the next key frame starts a new one. */
  FMP4_NO_KEY_FRAME: 'no key frame came in time to close the fragment',
} as const

/** A code of {@link Fmp4Error}. */
export type Fmp4ErrorCode = keyof typeof fmp4Errors

/** Where an {@link Fmp4Error} happened. */
export interface Fmp4ErrorPlace {
  /** What exactly was wrong. */
  detail?: string
  /** Path of the box, such as `moov/trak[2]/tkhd`. */
  box?: string
  /** Bytes from the start of the input. */
  offset?: number
  cause?: unknown
}

/** The one error class of this package. */
export class Fmp4Error extends Error {
  override readonly name = 'Fmp4Error'
  readonly code: Fmp4ErrorCode
  /** Path of the box, when known. */
  readonly box: string | undefined
  /** Bytes from the start of the input, when known. */
  readonly offset: number | undefined

  constructor(code: Fmp4ErrorCode, place: Fmp4ErrorPlace = {}) {
    const { detail, box, offset, cause } = place
    const where = box === undefined ? '' : ` (${box}${offset === undefined ? '' : ` at ${offset}`})`
    super(
      `${fmp4Errors[code]}${detail === undefined ? '' : `: ${detail}`}${where}`,
      cause === undefined ? undefined : { cause },
    )
    this.code = code
    this.box = box
    this.offset = offset
  }
}

/** @returns Whether `error` is an {@link Fmp4Error}, of whichever copy of this package. */
export function isFmp4Error(error: unknown): error is Fmp4Error {
  return error instanceof Error && error.name === 'Fmp4Error' && 'code' in error
}
