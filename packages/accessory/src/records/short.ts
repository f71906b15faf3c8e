const MAX_TEXT = 256

/** What came from outside, in a length and form that a record and a terminal can be given. */
export function short(text: string): string {
  const cut = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT - 1) : text
  // Half a pair of surrogates, as the cut may leave it, is no text either.
  const printable = cut.replace(/[\p{Cc}\p{Cs}]/gu, '\u{FFFD}')
  return cut === text ? printable : `${printable}…`
}
