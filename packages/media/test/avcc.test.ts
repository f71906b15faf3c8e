import { avccNalUnits, avccPicture } from '@hksv/media'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const units = fc.array(
  fc
    .tuple(fc.nat(31), fc.uint8Array({ maxLength: 20 }))
    .map(([type, rest]) => Uint8Array.of(0x60 | type, ...rest)),
  { maxLength: 8 },
)

function sample(nals: readonly Uint8Array[], lengthSize: number): Uint8Array {
  return Uint8Array.from(
    nals.flatMap(nal => [...new Uint8Array(lengthSize).with(lengthSize - 1, nal.length), ...nal]),
  )
}

const hex = (nals: Iterable<Uint8Array>) =>
  Array.from(nals, nal => Buffer.from(nal).toString('hex'))

describe('any picture', () => {
  test('slices and SEI are kept behind 4-byte lengths, all else goes', () => {
    fc.assert(
      fc.property(units, fc.constantFrom(1, 2, 4), (nals, lengthSize) => {
        const kept = nals.filter(([header = 0]) => (header & 31) >= 1 && (header & 31) <= 6)
        const types = kept.map(([header = 0]) => header & 31)
        const picture = avccPicture(sample(nals, lengthSize), lengthSize)
        if (types.every(type => type === 6)) expect(picture).toBeUndefined()
        else {
          expect(hex(avccNalUnits(picture?.data ?? new Uint8Array(), 4))).toEqual(hex(kept))
          expect(picture?.isSync).toBe(types.includes(5))
        }
      }),
    )
  })

  test('what is right already is not copied', () => {
    const data = sample([Uint8Array.of(0x06, 1), Uint8Array.of(0x65, 2)], 4)
    expect(avccPicture(data, 4)?.data).toBe(data)
    expect(
      avccPicture(sample([Uint8Array.of(0x09, 0xf0), Uint8Array.of(0x65, 2)], 4), 4)?.data,
    ).toEqual(sample([Uint8Array.of(0x65, 2)], 4))
  })

  test('a unit that is cut short is left out', () => {
    fc.assert(
      fc.property(units, fc.nat(200), (nals, length) => {
        const whole = sample(nals, 4)
        const cut = hex(avccNalUnits(whole.subarray(0, length), 4))
        expect(hex(nals).slice(0, cut.length)).toEqual(cut)
      }),
    )
  })
})
