import { concat, fromUtf8, utf8 } from './bytes.ts'

// A pairing id is bytes: accessories compare it byte by byte and need not understand it. As text it
// is UTF-8; a byte that is no part of UTF-8 stands as a lone surrogate U+DC80 to U+DCFF, which UTF-8
// itself cannot hold. So different ids are different strings, and JSON keeps them.

const ESCAPE = 0xdc00

/** @returns The text of an id, of no more characters than it has bytes. */
export function decodeIdentifier(id: Uint8Array): string {
  let text = ''
  for (let at = 0; at < id.length; ) {
    const character = decodeFirst(id.subarray(at))
    text += character ?? String.fromCharCode(ESCAPE | (id[at] ?? 0))
    at += character === undefined ? 1 : utf8(character).length
  }
  return text
}

/** The bytes of an id that {@link decodeIdentifier} gave, or of any text. */
export function encodeIdentifier(text: string): Uint8Array {
  const parts = text.split(/([\udc80-\udcff])/u)
  return concat(
    // What is split at stands at the odd places.
    ...parts.map((part, i) =>
      i % 2 === 0 ? utf8(part) : Uint8Array.of(part.charCodeAt(0) & 0xff),
    ),
  )
}

/** @returns The character that `bytes` begin with, `undefined` when they begin with no UTF-8. */
function decodeFirst(bytes: Uint8Array): string | undefined {
  const [lead = 0] = bytes
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  try {
    return fromUtf8(bytes.subarray(0, length))
  } catch {
    return undefined
  }
}
