import {
  decodeItems,
  decodeListItems,
  encodeItems,
  isTlvError,
  splitItems,
  TlvError,
  type TlvItem,
  tlvErrors,
} from '@hksv/tlv8'
import { describe, expect, it } from 'vitest'

import { fromHex, itemsToHex } from './vector.ts'

const item = (type: number, hex: string): TlvItem => ({ type, value: fromHex(hex) })

describe('encodeItems', () => {
  it.each([-1, 256, 1.5, Number.NaN])('refuses the type %d', type => {
    expect(() => encodeItems([item(type, '')])).toThrow(RangeError)
  })

  it('refuses neighbours of one type, which a reader would join', () => {
    expect(() => encodeItems([item(1, '01'), item(1, '02')])).toThrow(RangeError)
    expect(() => encodeItems([item(1, ''), item(1, '')])).toThrow(RangeError)
  })
})

describe('decoded values', () => {
  it('are views of the input, fragmented ones copies', () => {
    const whole = encodeItems([item(1, 'aabb'), item(2, 'cc'.repeat(256))])
    for (const decode of [decodeItems, decodeListItems]) {
      const [view, copy] = decode(whole)
      expect(view?.value.buffer).toBe(whole.buffer)
      expect(copy?.value.buffer).not.toBe(whole.buffer)
    }
  })

  it('do not depend on where the input stands in its memory', () => {
    const memory = fromHex('ffff060101ffff')
    expect(itemsToHex(decodeItems(memory.subarray(2, 5)))).toEqual([{ type: 6, value: '01' }])
  })
})

describe('many items', () => {
  const many = (count: number): Uint8Array =>
    Uint8Array.from({ length: 3 * count }, (_, i) => [(i / 3) & 1, 1, 9][i % 3] ?? 0)

  it.each([
    ['decodeItems', decodeItems],
    ['decodeListItems', decodeListItems],
  ])('%s takes 4096 and no more', (_, decode) => {
    expect(decode(many(4096))).toHaveLength(4096)
    expect(() => decode(many(4097))).toThrow(
      expect.objectContaining({ code: 'TLV_TOO_MANY', offset: 3 * 4096 }),
    )
  })
})

describe('splitItems', () => {
  const [a, b, separator] = [item(1, '61'), item(1, '62'), item(0xff, '')]

  it.each<[string, TlvItem[], TlvItem[][]]>([
    ['nothing', [], []],
    ['one record', [a], [[a]]],
    ['two records', [a, separator, b], [[a], [b]]],
    [
      'a separator first, last and twice',
      [separator, a, separator, separator, b, separator],
      [[a], [b]],
    ],
    ['separators alone', [separator, separator], []],
    ['a record of two', [a, item(3, ''), separator, b], [[a, item(3, '')], [b]]],
    [
      'an item of the separating type that is not empty',
      [a, item(0xff, '01'), b],
      [[a, item(0xff, '01'), b]],
    ],
    ['an empty item of another type', [a, item(0, ''), b], [[a, item(0, ''), b]]],
  ])('cuts %s', (_, items, records) => {
    expect(splitItems(items, 0xff)).toEqual(records)
  })
})

describe('TlvError', () => {
  it('says what, in which field and where', () => {
    const cause = new Error('why')
    const error = new TlvError('TLV_LENGTH', { field: 'salt', offset: 7, cause })
    expect(error).toMatchObject({
      name: 'TlvError',
      code: 'TLV_LENGTH',
      field: 'salt',
      offset: 7,
      cause,
    })
    expect(error.message).toBe('a value has the wrong length (salt) at byte 7')
    expect(new TlvError('TLV_VALUE').message).toBe(tlvErrors.TLV_VALUE)
    expect('cause' in new TlvError('TLV_VALUE')).toBe(false)
  })

  it('is known by its name and code, of whichever copy of the package', () => {
    const foreign = Object.assign(new Error('x'), { name: 'TlvError', code: 'TLV_VALUE' })
    expect(isTlvError(new TlvError('TLV_VALUE'))).toBe(true)
    expect(isTlvError(foreign)).toBe(true)
    for (const other of [
      undefined,
      { name: 'TlvError', code: 'TLV_VALUE' },
      new RangeError('x'),
      Object.assign(new Error('x'), { code: 'TLV_VALUE' }),
      Object.assign(new Error('x'), { name: 'TlvError' }),
      Object.assign(new Error('x'), { name: 'TlvError', code: 'OTHER' }),
      Object.assign(new Error('x'), { name: 'TlvError', code: 'toString' }),
    ]) {
      expect(isTlvError(other)).toBe(false)
    }
  })
})
