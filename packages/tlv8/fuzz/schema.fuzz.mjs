import { isDeepStrictEqual } from 'node:util'
import {
  bytes,
  float32,
  isTlvError,
  list,
  nested,
  optional,
  required,
  tlvSchema,
  uint8,
  uint16,
  uint32,
  uint64,
  uintMinimal,
  utf8,
} from '@hksv/tlv8'

const inner = tlvSchema({
  width: required(0x01, uint16),
  flags: optional(0x02, uintMinimal),
  levels: list(0x03, uint8),
})

const schema = tlvSchema({
  state: required(0x06, uint8),
  identifier: optional(0x01, bytes({ max: 36 })),
  salt: optional(0x02, bytes({ length: 4 })),
  name: optional(0x03, utf8({ max: 300 })),
  count: optional(0x04, uint32),
  triggers: optional(0x05, uint64),
  interval: optional(0x07, float32),
  attributes: list(0x08, nested(inner)),
})

/** What is read can be written, and is read again as the same. */
export function fuzz(data) {
  for (const decode of [schema.decode, schema.decodeLenient]) {
    const value = tryDecode(decode, new Uint8Array(data))
    if (value === undefined) continue
    const again = decode(schema.encode(value))
    if (!isDeepStrictEqual(again, value)) throw new Error('read differently the second time')
  }
}

function tryDecode(decode, input) {
  try {
    return decode(input)
  } catch (error) {
    if (!isTlvError(error)) throw error
    return undefined
  }
}
