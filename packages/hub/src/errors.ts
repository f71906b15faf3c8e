/** What can go wrong in `@hksv/hub`, by code. Compare on the code, never on the text. */
export const hubErrors = {
  /** Nothing answers at the address. */
  HUB_UNREACHABLE: 'the accessory cannot be reached',
  /** The connection broke off. */
  HUB_CONNECTION_LOST: 'the connection to the accessory broke off',
  /** No answer in time. */
  HUB_TIMEOUT: 'the accessory did not answer in time',
  /** The accessory broke HTTP, HAP or the data stream. */
  HUB_PROTOCOL: 'the accessory broke the protocol',
  /** The setup code is not the accessory's. */
  HUB_WRONG_CODE: 'the setup code is wrong',
  /** The accessory belongs to another home. */
  HUB_ALREADY_PAIRED: 'the accessory is paired already',
  /** A hundred wrong codes: only a reset of the accessory helps. */
  HUB_LOCKED: 'the accessory takes no more setup codes',
  /** Another controller is pairing at this moment. */
  HUB_BUSY: 'the accessory is busy pairing with another controller',
  /** The accessory does not know this controller. */
  HUB_NOT_PAIRED: 'the accessory is not paired with this controller',
  /** The accessory has no Secure Video services. */
  HUB_NO_CAMERA: 'the accessory is no Secure Video camera',
  /** The accessory answered a request with a HAP status. */
  HUB_REFUSED: 'the accessory refused the request',
  /** The accessory would not record. */
  HUB_RECORDING_REFUSED: 'the accessory refused the recording',
  /** A recording ended before any media came. */
  HUB_NO_MEDIA: 'the accessory sent no media',
  /** A file of the store is not what was written there. */
  HUB_STORE_DAMAGED: 'the store is damaged',
  /** The store cannot be created, read or written. */
  HUB_STORE_UNUSABLE: 'the store cannot be used',
  /** The clip cannot be written. */
  HUB_CLIP_UNWRITABLE: 'the clip cannot be written',
} as const

/** A code of {@link HubError}. */
export type HubErrorCode = keyof typeof hubErrors

/** The one error class of this package. Messages are whole sentences for the user. */
export class HubError extends Error {
  override readonly name = 'HubError'
  readonly code: HubErrorCode

  constructor(code: HubErrorCode, options: { message?: string; cause?: unknown } = {}) {
    const { message = `${hubErrors[code]}.`, cause } = options
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** @returns Whether `error` is a {@link HubError}, of whichever copy of this package. */
export function isHubError(error: unknown): error is HubError {
  return error instanceof Error && error.name === 'HubError' && 'code' in error
}
