import { isDeepStrictEqual } from 'node:util'

import { parseJson } from '../src/http/json.ts'

/** Pieces of JSON: each byte from 80 on stands for one. */
const words = [
  '{"characteristics":[',
  '{"aid":1,"iid":9,"value":',
  '"ev":true',
  ']}',
  'null',
  'false',
  '18446744073709551615',
  '-1e-7',
  '\\u00e9',
  '\\ud83d\\ude00',
  '"__proto__":',
  '"a":',
  '\u00e9',
  '['.repeat(40),
]

/** Whatever it takes, `JSON.parse` takes too and reads the same, but for integers beyond 2^53. */
export function fuzz(data) {
  const parts = Array.from(data, byte =>
    words[byte - 0x80] === undefined ? Buffer.of(byte) : Buffer.from(words[byte - 0x80]),
  )
  const body = Buffer.concat(parts)
  const value = parseJson(body)
  if (value === undefined) return
  const text = body.toString('utf8')
  // The reviver makes plain objects of what JSON.parse would give: without a prototype.
  const usual = JSON.parse(text, (_, member) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.assign(Object.create(null), member)
      : member,
  )
  const rounded = round(value)
  if (!isDeepStrictEqual(rounded, usual)) throw new Error('read differently')
}

function round(value) {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(round)
  if (value === null || typeof value !== 'object') return value
  const rounded = Object.create(null)
  for (const [name, member] of Object.entries(value)) rounded[name] = round(member)
  return rounded
}
