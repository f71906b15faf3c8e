const BASE = '-0000-1000-8000-0026BB765291'
const FULL = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/

/**
 * Writes a UUID as `/accessories` does: Apple-defined ones shortened to their leading digits
 * without leading zeros, all others in full; upper case.
 *
 * @see HomeKit Accessory Protocol R2 §6.6.1
 * @example shortUuid('0000003e-0000-1000-8000-0026bb765291') // '3E'
 */
export function shortUuid(uuid: string): string {
  const long = longUuid(uuid)
  if (!long.endsWith(BASE)) return long
  return long.slice(0, -BASE.length).replace(/^0+(?=.)/, '')
}

/**
 * Expands a shortened UUID; full ones only change to upper case. Compare types in this form.
 *
 * @example longUuid('3E') // '0000003E-0000-1000-8000-0026BB765291'
 */
export function longUuid(uuid: string): string {
  const upper = uuid.toUpperCase()
  return FULL.test(upper) ? upper : `${upper.padStart(8, '0')}${BASE}`
}
