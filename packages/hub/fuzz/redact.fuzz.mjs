import { characteristics } from '@hksv/hap'

import { learnTypes, redactJson, redactPairing } from '../src/trace/redact.ts'

const SECRET = Buffer.from('sixteen secret b')
const TYPES = [characteristics.setupEndpoints.type, characteristics.setupDataStreamTransport.type]

/** What holds a key, under the types of those messages that have any. */
const words = [
  Buffer.of(0x04, 0x18, 0x01, 0x01, 0x00, 0x02, 0x10, ...SECRET, 0x03, 0x01, 0x00),
  Buffer.of(0x05, 0x12, 0x02, 0x10, ...SECRET),
  Buffer.of(0x0a, 0x10, ...SECRET),
]

/** Bytes from fd on stand for a word; any other is an item of that type, with the byte after it as value. */
function itemsOf(data) {
  const items = []
  for (let at = 0; at < data.length; at++) {
    const word = words[data[at] - 0xfd]
    items.push(word ?? Buffer.of(data[at], 1, data[++at] ?? 0))
  }
  return Buffer.concat(items)
}

/** What a trace keeps of messages with keys in them has none, whatever else is in them. */
export function fuzz(data) {
  const tlv = itemsOf(data)
  const value = tlv.toString('base64')
  for (const type of [...TYPES, undefined]) {
    const known = new Map()
    if (type !== undefined) {
      const services = [{ characteristics: [{ iid: 9, type }] }]
      learnTypes(known, { accessories: [{ aid: 1, services }] })
    }
    const { value: kept } = redactJson(known, { characteristics: [{ aid: 1, iid: 9, value }] })
    holdsNone(Buffer.from(String(kept.characteristics[0].value), 'base64'))
  }
  for (const item of redactPairing(tlv).value)
    if (item.value !== undefined && ![0x00, 0x01, 0x06, 0x07, 0x0b, 0x13, 0xff].includes(item.type))
      throw new Error(`type ${item.type} is kept`)
}

function holdsNone(kept) {
  if (kept.includes(SECRET)) throw new Error('a key is kept')
}
