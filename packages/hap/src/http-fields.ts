import { fromLatin1 } from './bytes.ts'
import { HapError } from './errors.ts'

const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

/**
 * The text of a line without its end: CR LF, or LF alone.
 *
 * @throws HapError `HTTP_SYNTAX`
 */
export function lineText(line: Uint8Array): string {
  const end = line.at(-2) === 0x0d ? -2 : -1
  const text = line.subarray(0, end)
  if (text.some(byte => (byte < 0x20 && byte !== 0x09) || byte === 0x7f)) {
    throw new HapError('HTTP_SYNTAX', { detail: 'control character' })
  }
  return fromLatin1(text)
}

/**
 * Adds a header line to `headers`, unless one of its name is there.
 *
 * @param unique Names in lower case that may not come twice.
 * @throws HapError `HTTP_SYNTAX`
 */
export function readField(
  headers: Map<string, string>,
  line: string,
  unique: ReadonlySet<string>,
): void {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colon)).toLowerCase()
  // Folded lines and blanks before the colon, which make two parsers disagree, are refused too.
  if (!FIELD_NAME.test(name)) throw new HapError('HTTP_SYNTAX', { detail: 'header' })
  if (headers.has(name)) {
    if (unique.has(name)) throw new HapError('HTTP_SYNTAX', { detail: `two ${name} headers` })
    return
  }
  headers.set(name, line.slice(colon + 1).trim())
}
