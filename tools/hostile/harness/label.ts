import type { HttpMessage } from '@hksv/hap'
import { decodeItems } from '@hksv/tlv8'

const STATE = 0x06
const ERROR = 0x07

/** An answer in a word: `closed`, its status, or `M4` and `M4 error 2` for the messages of pairing. */
export function labelOf(ending: HttpMessage | 'closed'): string {
  if (ending === 'closed') return ending
  const { status, headers, body } = ending
  if (status !== 200 || headers.get('content-type') !== 'application/pairing+tlv8') {
    return `${status}`
  }
  const items = new Map(decodeItems(body).map(({ type, value }) => [type, value[0]]))
  const error = items.get(ERROR)
  return `M${items.get(STATE)}${error === undefined ? '' : ` error ${error}`}`
}

/** Several answers in a line. */
export function summary(labels: readonly string[]): string {
  if (labels.length < 5) return labels.join('+')
  const counts = new Map<string, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return [...counts].map(([label, count]) => `${count}x${label}`).join('+')
}
