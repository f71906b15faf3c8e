declare class TextEncoder {
  encode(text: string): Uint8Array
}
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean })
  decode(bytes: Uint8Array): string
}

/** Up to this many characters a loop takes less than the encoder, which is called out of JavaScript. */
const SHORT_LENGTH = 64

const encoder = new TextEncoder()
// ignoreBOM keeps a leading U+FEFF in the text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @throws TypeError on a lone surrogate, which has no UTF-8. */
export function toUtf8(text: string): Uint8Array {
  const ascii = text.length <= SHORT_LENGTH ? toAscii(text) : undefined
  if (ascii !== undefined) return ascii
  if (/\p{Surrogate}/u.test(text)) throw new TypeError('a string has a lone surrogate')
  return encoder.encode(text)
}

/** @throws TypeError on anything that is not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

function toAscii(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return undefined
    bytes[i] = code
  }
  return bytes
}
