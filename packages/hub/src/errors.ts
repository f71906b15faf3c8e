/**
 * What can go wrong in `@hksv/hub`, by code: a sentence for the user with the way out. Many errors
 * say it more exactly in their `message`. Compare on the code, never on the text.
 */
export const hubErrors = {
  /** Nothing answers at the address. */
  HUB_UNREACHABLE:
    'Nothing answers at the address. Check that the accessory runs, and its address.',
  /** The connection broke off. */
  HUB_CONNECTION_LOST:
    'The connection to the accessory broke off. Check that it still runs, and try again.',
  /** No answer in time. */
  HUB_TIMEOUT: 'The accessory did not answer in time. Try again; restart it if this comes back.',
  /** The accessory broke HTTP, HAP or the data stream. */
  HUB_PROTOCOL: 'The accessory broke the protocol. Update it, or tell its maker.',
  /** The setup code is not the accessory's. */
  HUB_WRONG_CODE:
    'The setup code is wrong. Look at the accessory, or at what it printed, and try again.',
  /** The accessory belongs to another home. */
  HUB_ALREADY_PAIRED:
    'The accessory is paired already. Remove it from its home, or reset it, and try again.',
  /** A hundred wrong codes: only a reset of the accessory helps. */
  HUB_LOCKED: 'The accessory saw a hundred wrong codes and takes no more. Reset it and try again.',
  /** Another controller is pairing at this moment. */
  HUB_BUSY: 'The accessory is pairing with another controller. Try again in half a minute.',
  /** It holds as many pairings as it can. */
  HUB_FULL: 'The accessory holds as many pairings as it can. Remove one, and try again.',
  /** The accessory does not know this controller, or is not who it was. */
  HUB_NOT_PAIRED:
    'The accessory and this controller do not know each other any more. Pair it again.',
  /** Another accessory than the one meant is at the address. */
  HUB_WRONG_ACCESSORY: 'Another accessory answers at this address. Check host and port.',
  /** The accessory has no Secure Video services. */
  HUB_NO_CAMERA: 'The accessory is no Secure Video camera. Choose another one.',
  /** The accessory answered a request with a HAP status; `status` holds it. */
  HUB_REFUSED: 'The accessory refused the request. Ask as an administrator, or change its state.',
  /** The camera would not record; `status` holds the `dataSendReason`. */
  HUB_RECORDING_REFUSED: 'The camera refused to record. Arm it, and try again.',
  /** All its stream services are in use. */
  HUB_LIVE_BUSY:
    'As many people look at the camera as can. End one of the live views, and try again.',
  /** The camera would not show a live view, or not as it was asked for; `status` may hold a HAP status. */
  HUB_LIVE_REFUSED:
    'The camera refused the live view. Look at its mode and at what it offers (hksv hub info).',
  /** The camera cannot be talked through. */
  HUB_NO_SPEAKER: 'The camera has no speaker to talk through. Choose another one.',
  /** A recording ended before any media came. */
  HUB_NO_MEDIA: 'The camera sent no media. Look at its source.',
  /** The camera did not do what a test expects of a healthy one. */
  HUB_UNEXPECTED: 'The camera did something else than a healthy one does. Look at what it logs.',
  /** A file of the store is not what was written there. */
  HUB_STORE_DAMAGED: 'The store is damaged. Put a backup back.',
  /** The store cannot be created, read or written. */
  HUB_STORE_UNUSABLE: 'The store cannot be used. Make it writable, or choose another directory.',
  /** The clip cannot be written. */
  HUB_CLIP_UNWRITABLE: 'The clip cannot be written. Choose another path, or make room.',
  /** The trace cannot be written, or its file is there already. */
  HUB_TRACE_UNWRITABLE: 'The trace cannot be written. Choose another path, or make room.',
  /** Another recorder uses the directory. */
  HUB_VAULT_IN_USE:
    'Another recorder uses the directory. Stop that one first, or choose another directory.',
} as const

/** A code of {@link HubError}. */
export type HubErrorCode = keyof typeof hubErrors

/** The one error class of this package. Messages are whole sentences for the user. */
export class HubError extends Error {
  override readonly name = 'HubError'
  readonly code: HubErrorCode
  /** A `hapStatus` with `HUB_REFUSED` and `HUB_LIVE_REFUSED`, a `dataSendReason` with `HUB_RECORDING_REFUSED`. */
  readonly status: number | undefined

  constructor(
    code: HubErrorCode,
    options: { message?: string; status?: number | undefined; cause?: unknown } = {},
  ) {
    const { message = hubErrors[code], status, cause } = options
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.status = status
  }
}

/** @returns Whether `error` is a {@link HubError}, of whichever copy of this package. */
export function isHubError(error: unknown): error is HubError {
  return (
    error instanceof Error &&
    error.name === 'HubError' &&
    'code' in error &&
    typeof error.code === 'string' &&
    Object.hasOwn(hubErrors, error.code)
  )
}
