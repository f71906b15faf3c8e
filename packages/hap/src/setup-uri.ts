import { HapError } from './errors.ts'
import { parseSetupCode } from './setup-code.ts'

const PAIRED = 1n << 27n
const IP = 1n << 28n
const BLE = 1n << 29n

/** What a setup URI says. */
export interface SetupPayload {
  /** Accessory category, 0..255: 17 IP camera, 18 video doorbell. */
  category: number
  /** `DDD-DD-DDD`; absent in the URI of a programmable tag. */
  setupCode?: string
  /** Four characters of `0-9A-Z`. */
  setupId: string
  /** Supports HAP over IP. */
  isIp: boolean
  /** Supports HAP over Bluetooth LE. */
  isBle: boolean
  /** Only in programmable tags. */
  isPaired: boolean
}

/**
 * Writes the text of the QR code: `X-HM://`, nine base-36 digits, the setup id.
 *
 * The 46 bits are version 0 (3), reserved (4), category (8), reserved (1), BLE, IP, paired, and the
 * setup code as a number (27).
 *
 * @throws RangeError unless the category is a byte and the setup id four of 0-9A-Z.
 * @throws HapError `SETUP_CODE_FORMAT` or `SETUP_CODE_FORBIDDEN`, as `parseSetupCode`.
 * @see HomeKit Accessory Protocol R2 §4.2.1.6
 * @example setupUri({ category: 17, setupCode: '031-45-154', setupId: 'ABCD', isIp: true, isBle: false, isPaired: false })
 * // 'X-HM://00GW95DQAABCD'
 */
export function setupUri(payload: SetupPayload): string {
  const { category, setupCode, setupId, isIp, isBle, isPaired } = payload
  if (!Number.isInteger(category) || category < 0 || category > 255) {
    throw new RangeError('category is a byte')
  }
  if (!/^[0-9A-Z]{4}$/.test(setupId)) throw new RangeError('setupId is four of 0-9A-Z')
  let bits = BigInt(category) << 31n
  if (isIp) bits |= IP
  if (isBle) bits |= BLE
  if (isPaired) bits |= PAIRED
  if (setupCode !== undefined) bits |= BigInt(parseSetupCode(setupCode).replaceAll('-', ''))
  return `X-HM://${bits.toString(36).toUpperCase().padStart(9, '0')}${setupId}`
}

/**
 * Reads a setup URI.
 *
 * @throws HapError `SETUP_URI` for anything else, a version other than 0 included;
 * `SETUP_CODE_FORBIDDEN` for a code that HomeKit refuses. Reserved bits are ignored.
 */
export function parseSetupUri(uri: string): SetupPayload {
  const [, digits, setupId] = /^X-HM:\/\/([0-9A-Z]{9})([0-9A-Z]{4})$/.exec(uri.trim()) ?? []
  if (digits === undefined || setupId === undefined) throw new HapError('SETUP_URI')
  let bits = 0n
  for (const digit of digits) bits = bits * 36n + BigInt(Number.parseInt(digit, 36))
  if (bits >> 43n !== 0n) throw new HapError('SETUP_URI', { detail: 'unknown version' })
  const code = bits & 0x7ffffffn
  if (code > 99_999_999n) throw new HapError('SETUP_URI', { detail: 'no setup code in it' })
  const payload: SetupPayload = {
    category: Number((bits >> 31n) & 0xffn),
    setupId,
    isIp: (bits & IP) !== 0n,
    isBle: (bits & BLE) !== 0n,
    isPaired: (bits & PAIRED) !== 0n,
  }
  if (code !== 0n) payload.setupCode = parseSetupCode(code.toString().padStart(8, '0'))
  return payload
}
