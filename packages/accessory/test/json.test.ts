import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseJson } from '../src/http/json.ts'

const read = (text: string) => parseJson(Buffer.from(text))

describe('JSON', () => {
  it.each([
    ['18446744073709551615', 18446744073709551615n],
    ['-9007199254740993', -9007199254740993n],
    ['9007199254740991', 9007199254740991],
    ['9007199254740994.5', 9007199254740994],
    ['1e300', 1e300],
    ['-0', -0],
    [' \t\r\n[ 1 , 2 ] ', [1, 2]],
    ['"\\u00e4\\n\\ud83d\\ude00"', 'ä\n😀'],
    ['{"a":{"a":1},"b":{"a":1}}', { a: { a: 1 }, b: { a: 1 } }],
    ['['.repeat(64) + ']'.repeat(64), JSON.parse('['.repeat(64) + ']'.repeat(64))],
  ])('reads %s', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  it('keeps names that every object has to themselves', () => {
    expect(Object.entries(read('{"__proto__":{"x":1},"toString":2}') ?? {})).toEqual([
      ['__proto__', { x: 1 }],
      ['toString', 2],
    ])
    expect((read('{}') as object | undefined)?.toString).toBeUndefined()
  })

  it.each([
    ['nothing', ''],
    ['blanks', '  '],
    ['two values', '1 2'],
    ['two members of one name', '{"aid":1,"aid":2}'],
    ['two members of one name and value', '{"aid":1,"aid":1}'],
    ['two members of one name, one of them escaped', '{"aid":1,"\\u0061id":2}'],
    ['65 levels of arrays', '['.repeat(65) + ']'.repeat(65)],
    ['65 levels of objects', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`],
    ['10 MB of open brackets', '['.repeat(10_000_000)],
    ['a comma too many', '[1,]'],
    ['a comma in front', '[,1]'],
    ['a member without a value', '{"a"}'],
    ['a name without quotes', '{a:1}'],
    ['single quotes', "['a']"],
    ['a comment', '/* */ 1'],
    ['NaN', 'NaN'],
    ['Infinity', '-Infinity'],
    ['a number beyond all', '1e400'],
    ['a leading zero', '01'],
    ['a leading plus', '+1'],
    ['a point without digits', '1.'],
    ['hexadecimal', '0x10'],
    ['a line feed in a string', '"a\nb"'],
    ['an unknown escape', '"\\x41"'],
    ['half an escape', '"\\u00e"'],
    ['an open string', '"abc'],
    ['a literal cut short', 'tru'],
    ['a byte order mark', '\ufeff1'],
  ])('refuses %s', (_, text) => {
    expect(read(text)).toBeUndefined()
  })

  it('refuses what is not UTF-8', () => {
    expect(parseJson(Buffer.from([0x22, 0xff, 0x22]))).toBeUndefined()
    expect(parseJson(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBeUndefined()
  })

  it('reads what JSON.stringify writes', () => {
    const rounded = (_: string, value: unknown) =>
      typeof value === 'bigint' ? Number(value) : value
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), value => {
        const again = read(JSON.stringify(value, null, 1))
        expect(JSON.stringify(again, rounded)).toBe(JSON.stringify(value))
      }),
    )
  })

  it('takes nothing that JSON.parse does not', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      '.',
      'e',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), pieces => {
        const text = pieces.join('')
        if (read(text) === undefined) return
        expect(() => JSON.parse(text)).not.toThrow()
      }),
    )
  })
})
