import { decodeItems, decodeListItems, encodeItems, isTlvError } from '@hksv/tlv8'
import { describe, expect, it } from 'vitest'

import {
  fromHex,
  type ItemsRow,
  itemsFromHex,
  itemsToHex,
  type MessageRow,
  schemaOf,
  toHex,
  vectors,
} from './vector.ts'

interface Outcome {
  readonly error?: string | undefined
  readonly offset?: number | undefined
  readonly field?: string | undefined
}

const readers = [
  ['items', decodeItems],
  ['list-items', decodeListItems],
] as const

describe.each(readers)('%s.json', (file, decode) => {
  const { cases } = vectors<ItemsRow>(file)
  const legal = cases.filter(({ error }) => error === undefined)

  it.each(legal)('reads: $name', ({ hex, value }) => {
    expect(itemsToHex(decode(fromHex(hex)))).toEqual(value)
  })

  it.each(legal.filter(({ canonical }) => canonical !== false))('writes: $name', row => {
    expect(toHex(encodeItems(itemsFromHex(row.value)))).toBe(row.hex)
  })

  it.each(cases.filter(({ error }) => error !== undefined))('refuses: $name', row => {
    expectRefusal(() => decode(fromHex(row.hex)), row)
  })

  it.each(legal)('reads the items before a cut, or refuses the cut: $name', ({ hex }) => {
    const whole = fromHex(hex)
    const ends = fragmentEnds(whole)
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length)
      const last = ends.findLast(end => end <= length) ?? 0
      if (last < length) expectRefusal(() => decode(cut), { error: 'TLV_TRUNCATED', offset: last })
      else expect(() => decode(cut)).not.toThrow()
    }
  })
})

describe.each(['messages', 'characteristics'])('%s.json', name => {
  const file = vectors<MessageRow>(name)
  const legal = file.cases.filter(({ error }) => error === undefined)

  function decode({ schema, reader }: MessageRow, encoded: Uint8Array): unknown {
    const message = schemaOf(file, schema)
    return reader === 'strict' ? message.decode(encoded) : message.decodeLenient(encoded)
  }

  it.each(legal)('reads: $name', row => {
    expect(decode(row, fromHex(row.hex))).toEqual(row.value)
  })

  it.each(legal.filter(({ canonical }) => canonical !== false))('writes: $name', row => {
    const written = schemaOf(file, row.schema).encode({ ...row.value })
    expect(toHex(written)).toBe(row.hex)
    // What is written is read in both ways.
    expect(decode({ ...row, reader: 'strict' }, written)).toEqual(row.value)
    expect(decode({ ...row, reader: 'lenient' }, written)).toEqual(row.value)
  })

  it.each(file.cases.filter(({ error }) => error !== undefined))('refuses: $name', row => {
    expectRefusal(() => decode(row, fromHex(row.hex)), row)
  })

  it.each(file.cases)('reads or refuses every cut, with its own error: $name', row => {
    const whole = fromHex(row.hex)
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length)
      for (const reader of ['strict', 'lenient'] as const) {
        const thrown = errorOf(() => decode({ ...row, reader }, cut))
        expect(thrown === undefined || isTlvError(thrown)).toBe(true)
        if (!fragmentEnds(whole).includes(length) && length > 0) {
          expect(thrown).toMatchObject({ code: 'TLV_TRUNCATED' })
        }
      }
    }
  })
})

function expectRefusal(decode: () => unknown, { error, offset, field }: Outcome): void {
  const thrown = errorOf(decode)
  expect(isTlvError(thrown)).toBe(true)
  expect(thrown).toMatchObject({ code: error })
  if (offset !== undefined) expect(thrown).toMatchObject({ offset })
  if (field !== undefined) expect(thrown).toMatchObject({ field })
}

function errorOf(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return error
  }
}

/** Where the fragments of well-formed bytes end. */
function fragmentEnds(bytes: Uint8Array): number[] {
  const ends: number[] = []
  for (let at = 0; at + 2 <= bytes.length; ) {
    at += 2 + (bytes[at + 1] ?? 0)
    ends.push(at)
  }
  return ends
}
