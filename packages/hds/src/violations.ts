/**
 * What a hub closes a recording for, and the reason it gives.
 *
 * @see observed: Apple home hub; HAP-NodeJS 1.2.0
 */
export const hdsViolations = {
  /** No chunk within the read timeout. */
  'read-timeout': 6,
  /** `packets` is not an array, or one of more than 16. */
  'packets-malformed': 7,
  /** `data` is missing or no data. */
  'data-malformed': 7,
  /** `metadata` is no dictionary, or one of its four mandatory values is missing or of another type. */
  'metadata-malformed': 7,
  /** `endOfStream` is no boolean. */
  'end-of-stream-malformed': 7,
  /** `endOfStream` came before the last chunk of a fragment. */
  'end-of-stream-inside-fragment': 7,
  /** The chunks of a fragment are not numbered 1, 2, 3. */
  'chunk-out-of-order': 7,
  /** The fragment's number or type changed between its chunks. */
  'fragment-changed': 7,
  /** A chunk of more than 900 KiB. */
  'chunk-too-long': 7,
  /** A fragment of more than 32 MiB. */
  'fragment-too-long': 7,
  /** The chunks do not sum up to `dataTotalSize`. */
  'total-size-mismatch': 7,
  /** A fragment without a byte. */
  'fragment-empty': 5,
  /** The stream did not begin with number 1 and `mediaInitialization`. */
  'initialization-missing': 8,
  /** Another initialization, another number 1, or a type nobody knows, after the first fragment. */
  'fragment-unexpected': 8,
} as const

/** A rule of {@link hdsViolations}. */
export type HdsViolation = keyof typeof hdsViolations

/** Thrown where a rule is broken, and caught where the stream is closed. */
export class ViolationError extends Error {
  override readonly name = 'ViolationError'
  readonly rule: HdsViolation

  constructor(rule: HdsViolation, detail: string) {
    super(detail)
    this.rule = rule
  }
}
