/**
 * The `status` of a response header.
 *
 * @see observed: HAP-NodeJS 1.2.0
 */
export const hdsStatus = {
  success: 0,
  outOfMemory: 1,
  timeout: 2,
  headerError: 3,
  payloadError: 4,
  missingProtocol: 5,
  /** The message says what: `{ status: reason }` of {@link dataSendReason}. */
  protocolSpecificError: 6,
} as const

/** A status of {@link hdsStatus}. */
export type HdsStatus = (typeof hdsStatus)[keyof typeof hdsStatus]

/**
 * Why a `dataSend` stream was refused or closed.
 *
 * @see HomeKit Secure Video R2 (0 to 6); observed: Apple home hub (7 to 9)
 */
export const dataSendReason = {
  /** Motion is over, and there is enough footage. */
  normal: 0,
  /** The camera is switched off, or was while it recorded. */
  notAllowed: 1,
  /** Somebody else records. */
  busy: 2,
  /** The accessory will not finish, or the hub may no longer record. */
  cancelled: 3,
  unsupported: 4,
  unexpectedFailure: 5,
  /** Nothing came for 8 s. */
  timeout: 6,
  /** A packet is malformed. */
  badData: 7,
  /** Packets came in the wrong order. */
  protocolError: 8,
  /** Nothing is selected to record with. */
  invalidConfiguration: 9,
} as const

/** A reason of {@link dataSendReason}. */
export type DataSendReason = (typeof dataSendReason)[keyof typeof dataSendReason]

/** @returns The name in {@link dataSendReason}, or `unknown` and the number. */
export function reasonName(reason: number): string {
  return nameIn(dataSendReason, reason)
}

/** @returns The name in {@link hdsStatus}, or `unknown` and the number. */
export function statusName(status: number): string {
  return nameIn(hdsStatus, status)
}

function nameIn(table: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(table).find(entry => entry[1] === value)?.[0] ?? `unknown ${value}`
}
