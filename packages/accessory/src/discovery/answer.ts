import { isDeepStrictEqual } from 'node:util'

import type { DnsMessage, DnsQuestion, DnsRecord } from './message.ts'
import { isSameName } from './message.ts'

/** An answer, and who gets it. */
export interface Answer {
  readonly message: DnsMessage
  /** To everybody, unless the asker wants it alone. */
  readonly isUnicast: boolean
  /** Others may answer too: wait 20 to 120 ms, lest all speak at once. @see RFC 6762 §6 */
  readonly isShared: boolean
}

const MDNS_PORT = 5353
const LEGACY_TTL = 10
/** As dns-packet spells the class IN with the bit that asks for a unicast answer. */
const IN_UNICAST = 'UNKNOWN_32769'

/**
 * Answers a query from the records of the interface that it came on.
 *
 * @param query As multicast-dns decoded it.
 * @param port The asker's: one other than 5353 is a resolver that knows no multicast.
 * @returns At most one answer to the asker and one to all.
 * @see RFC 6762 §5.4, §6, §6.1, §6.7, §7.1
 */
export function answer(query: DnsMessage, port: number, records: readonly DnsRecord[]): Answer[] {
  const { questions = [], answers: known = [] } = query
  if (port !== MDNS_PORT) return legacyAnswer(query, records)
  const [unicast, multicast] = [true, false].map(isUnicast => {
    const asked = questions.filter(question => (question.class === IN_UNICAST) === isUnicast)
    const answers = answersTo(asked, records).filter(record => !isKnown(record, known))
    const additionals = additionalsOf(answers, records)
    const isShared = answers.some(({ flush }) => flush !== true)
    return answers.length === 0 ? [] : [{ message: { answers, additionals }, isUnicast, isShared }]
  })
  return [...(unicast ?? []), ...(multicast ?? [])]
}

/** What plain DNS resolvers understand: their question again, no flush bits, short lives. */
function legacyAnswer({ id = 0, questions = [] }: DnsMessage, records: readonly DnsRecord[]) {
  const plain = (record: DnsRecord) => ({ ...record, flush: false, ttl: LEGACY_TTL })
  const answers = answersTo(questions, records)
  if (answers.length === 0) return []
  const additionals = additionalsOf(answers, records).map(plain)
  const message = { id, questions, answers: answers.map(plain), additionals }
  return [{ message, isUnicast: true, isShared: false }]
}

function answersTo(questions: readonly DnsQuestion[], records: readonly DnsRecord[]): DnsRecord[] {
  const answers = questions.flatMap(({ name, type }) => {
    const named = records.filter(record => isSameName(record.name, name))
    const matching = named.filter(record => type === 'ANY' || record.type === type)
    if (matching.length > 0) return matching
    return named[0]?.flush === true ? [nothingElse(named)] : []
  })
  return [...new Set(answers)]
}

/** Says of a name that is ours what there is, so that nobody waits for what is not. */
function nothingElse(named: readonly DnsRecord[]): DnsRecord {
  const { name = '', ttl = 0 } = named[0] ?? {}
  const rrtypes = [...new Set(named.map(({ type }) => type))]
  return { name, type: 'NSEC', ttl, flush: true, data: { nextDomain: name, rrtypes } }
}

/** What the asker will ask next. @see RFC 6763 §12 */
function additionalsOf(
  answers: readonly DnsRecord[],
  records: readonly DnsRecord[],
): readonly DnsRecord[] {
  const found = new Set(answers)
  for (const { type, data } of found) {
    const next = type === 'PTR' ? data : type === 'SRV' ? data.target : undefined
    for (const record of records) {
      if (next !== undefined && record.flush === true && isSameName(record.name, next)) {
        found.add(record)
      }
    }
  }
  return [...found].slice(answers.length)
}

function isKnown(record: DnsRecord, known: readonly DnsRecord[]): boolean {
  return known.some(
    each =>
      each.type === record.type &&
      isSameName(each.name, record.name) &&
      each.ttl >= record.ttl / 2 &&
      isSameData(each, record),
  )
}

function isSameData(a: DnsRecord, b: DnsRecord): boolean {
  if (a.type === 'SRV' && b.type === 'SRV') {
    return a.data.port === b.data.port && isSameName(a.data.target, b.data.target)
  }
  if (a.type === 'PTR' && b.type === 'PTR') return isSameName(a.data, b.data)
  return isDeepStrictEqual(a.data, b.data)
}
