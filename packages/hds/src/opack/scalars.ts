/** @returns The signed little-endian integer: a number when it is exact, a bigint otherwise. */
export function integerFrom(bytes: Uint8Array): number | bigint {
  if (bytes.length <= 4) {
    let value = 0
    for (const byte of bytes.toReversed()) value = value * 0x100 + byte
    const range = 2 ** (8 * bytes.length)
    return value >= range / 2 ? value - range : value
  }
  let value = 0n
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte)
  value = BigInt.asIntN(8 * bytes.length, value)
  return isExact(value) ? Number(value) : value
}

/** @returns How many bytes Apple's writer gives an integer outside -1..39: never two, never 16. */
export function integerWidth(value: bigint): 1 | 4 | 8 {
  if (BigInt.asIntN(8, value) === value) return 1
  if (BigInt.asIntN(32, value) === value) return 4
  if (BigInt.asIntN(64, value) === value) return 8
  throw new RangeError('an OPACK integer has at most 64 bits')
}

/**
 * @returns The integer as a bigint.
 * @throws TypeError when it has a fraction; RangeError when it is a number beyond 2^53 - 1.
 */
export function toInteger(value: number | bigint): bigint {
  if (typeof value === 'bigint') return value
  if (Number.isSafeInteger(value)) return BigInt(value)
  if (Number.isInteger(value)) throw new RangeError('an integer beyond 2^53 - 1 has to be a bigint')
  throw new TypeError('a number is an integer; use float32() or float64() for anything else')
}

/** @returns The lower-case text of 16 bytes in textual order. */
export function uuidFrom(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** @returns 16 bytes in textual order. */
export function uuidBytes(text: string): Uint8Array {
  const hex = text.replaceAll('-', '')
  if (!/^[\da-f]{32}$/i.test(hex)) throw new TypeError('a UUID has 32 hexadecimal digits')
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}

function isExact(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
}
