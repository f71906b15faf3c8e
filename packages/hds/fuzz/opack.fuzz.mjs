import { isDeepStrictEqual } from 'node:util'

import { decode, encode, encodedLength, isHdsError } from '@hksv/hds/opack'

export function fuzz(data) {
  const bytes = new Uint8Array(data)
  for (const rule of ['apple', 'hapnodejs']) {
    const value = read(bytes, rule)
    if (value === undefined) continue
    for (const mode of ['safe', 'apple']) {
      const again = write(value, mode)
      if (again === undefined) continue
      if (!isDeepStrictEqual(decode(again), value)) throw new Error(`${rule} ${mode}: not the same`)
    }
  }
}

function read(bytes, rule) {
  try {
    return decode(bytes, { rule })
  } catch (error) {
    if (!isHdsError(error)) throw error
    return undefined
  }
}

function write(value, mode) {
  try {
    const bytes = encode(value, { mode })
    if (bytes.length !== encodedLength(value, { mode })) throw new Error('wrong length')
    return bytes
  } catch (error) {
    // 128-bit integers are read and not written.
    if (!(error instanceof RangeError)) throw error
    return undefined
  }
}
