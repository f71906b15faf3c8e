/**
 * HAP status codes, as they stand in `status` members of JSON bodies.
 *
 * @see HomeKit Accessory Protocol R2 §6.7.1.4 (table 6-11); -70408 and -70412 observed in
 * accessories and controllers of the field.
 */
export const hapStatus = {
  success: 0,
  insufficientPrivileges: -70401,
  unableToPerform: -70402,
  resourceBusy: -70403,
  readOnly: -70404,
  writeOnly: -70405,
  notificationNotSupported: -70406,
  outOfResources: -70407,
  timedOut: -70408,
  doesNotExist: -70409,
  invalidValue: -70410,
  insufficientAuthorization: -70411,
  notAllowedInCurrentState: -70412,
} as const

/** A status of {@link hapStatus}. */
export type HapStatus = (typeof hapStatus)[keyof typeof hapStatus]

/** @returns The status's name in words, for people. */
export function hapStatusText(status: number): string {
  const found = Object.entries(hapStatus).find(([, code]) => code === status)
  return found === undefined
    ? `status ${status}`
    : found[0].replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}
