const MAX_LABEL = 63

/**
 * The instance name that pairing screens show.
 *
 * @param attempt From 1; those above are the way out of conflicts: `Porch (2)`.
 * @returns At most 63 bytes of UTF-8, cut between characters.
 * @see RFC 6763 §4.1.1, RFC 6762 §9
 */
export function instanceName(name: string, attempt: number): string {
  const suffix = attempt === 1 ? '' : ` (${attempt})`
  // multicast-dns takes every dot for the end of a label. This character looks like one.
  const label = name
    .replaceAll('.', '\u2024')
    .replace(/\p{Cc}/gu, '')
    .trim()
  return `${cut(label, MAX_LABEL - Buffer.byteLength(suffix))}${suffix}`
}

/** The most whole characters that fit, as people count characters. */
function cut(text: string, maxLength: number): string {
  let kept = ''
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (Buffer.byteLength(kept + segment) > maxLength) break
    kept += segment
  }
  return kept.trim()
}
