/** @returns A DataView over exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** @returns The bytes of a text of ASCII characters. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}

/** @returns The four characters at `offset`; bytes that are not printable become `.`. */
export function fourccAt(view: DataView, offset: number): string {
  let text = ''
  for (let i = 0; i < 4; i++) {
    const byte = view.getUint8(offset + i)
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'
  }
  return text
}

/** @returns The unsigned 64-bit number at `offset`; above 2^53 it is no longer exact. */
export function uint64At(view: DataView, offset: number): number {
  return view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4)
}

/** @returns Lowercase hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** @returns Whether both hold the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/**
 * Converts a time between timescales, exact up to the last rounding for any safe integer: the whole
 * seconds and the rest are converted apart, because `time * to` would leave 2^53 after some weeks.
 * @param time - An integer, in units of `from`.
 * @param from - Units a second.
 * @param to - Units a second of the result.
 * @param round - How the rest of a unit is rounded; to the nearest unless told.
 */
export function rescale(
  time: number,
  from: number,
  to: number,
  round: (value: number) => number = Math.round,
): number {
  const seconds = Math.floor(time / from)
  return seconds * to + round(((time - seconds * from) * to) / from)
}
