import { lengthPrefixedNalUnits, lengthPrefixedPicture } from '@hksv/media'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

interface Rules {
  readonly codec: 'h264' | 'h265'
  header(type: number, layer: number): number[]
  /** By the tables of the specifications. */
  readonly slices: readonly number[]
  readonly sei: readonly number[]
  readonly keys: readonly number[]
}

const h264: Rules = {
  codec: 'h264',
  header: type => [0x60 | (type & 31)],
  slices: [1, 2, 3, 4, 5],
  sei: [6],
  keys: [5],
}
const h265: Rules = {
  codec: 'h265',
  header: (type, layer) => [(type << 1) | (layer >> 5), ((layer & 31) << 3) | 1],
  slices: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20, 21],
  sei: [39, 40],
  keys: [16, 17, 18, 19, 20, 21],
}

const units = fc.array(
  fc.record({
    type: fc.nat(63),
    layer: fc.constantFrom(0, 0, 0, 1, 32),
    rest: fc.uint8Array({ minLength: 1, maxLength: 20 }),
  }),
  { maxLength: 8 },
)
type Units = typeof units extends fc.Arbitrary<infer T> ? T : never

const nalsOf = ({ header }: Rules, list: Units) =>
  list.map(({ type, layer, rest }) => Uint8Array.of(...header(type, layer), ...rest))

function sample(nals: readonly Uint8Array[], lengthSize: number): Uint8Array {
  return Uint8Array.from(
    nals.flatMap(nal => [...new Uint8Array(lengthSize).with(lengthSize - 1, nal.length), ...nal]),
  )
}

const hex = (nals: Iterable<Uint8Array>) =>
  Array.from(nals, nal => Buffer.from(nal).toString('hex'))

describe.each([h264, h265])('any picture of $codec', rules => {
  const { codec, slices, sei, keys } = rules
  const typeOf = ({ type }: Units[number]) => (codec === 'h264' ? type & 31 : type)
  const layerOf = ({ layer }: Units[number]) => (codec === 'h264' ? 0 : layer)

  test('slices and SEI are kept behind 4-byte lengths, all else goes', () => {
    fc.assert(
      fc.property(units, fc.constantFrom(1, 2, 4), (list, lengthSize) => {
        const kept = list.filter(
          unit => [...slices, ...sei].includes(typeOf(unit)) && layerOf(unit) === 0,
        )
        const types = kept.map(typeOf)
        const data = sample(nalsOf(rules, list), lengthSize)
        const picture = lengthPrefixedPicture(data, { codec, lengthSize })
        if (!types.some(type => slices.includes(type))) expect(picture).toBeUndefined()
        else {
          const units = lengthPrefixedNalUnits(picture?.data ?? new Uint8Array(), 4)
          expect(hex(units)).toEqual(hex(nalsOf(rules, kept)))
          expect(picture?.isSync).toBe(types.some(type => keys.includes(type)))
        }
      }),
    )
  })

  test('what is right already is not copied', () => {
    const nal = (type: number) => Uint8Array.of(...rules.header(type, 0), 1, 2)
    const [key = 0, delimiter] = [keys[0], codec === 'h264' ? 9 : 35]
    const data = sample([nal(sei[0] ?? 0), nal(key)], 4)
    const format = { codec, lengthSize: 4 }
    expect(lengthPrefixedPicture(data, format)?.data).toBe(data)
    expect(lengthPrefixedPicture(sample([nal(delimiter), nal(key)], 4), format)?.data).toEqual(
      sample([nal(key)], 4),
    )
  })

  test('a unit that is cut short is left out', () => {
    fc.assert(
      fc.property(units, fc.nat(200), (list, length) => {
        const nals = nalsOf(rules, list)
        const cut = hex(lengthPrefixedNalUnits(sample(nals, 4).subarray(0, length), 4))
        expect(hex(nals).slice(0, cut.length)).toEqual(cut)
      }),
    )
  })

  test('any bytes are taken', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom(1, 2, 4),
        (data, lengthSize) => {
          const picture = lengthPrefixedPicture(data, { codec, lengthSize })
          if (picture !== undefined) expect(picture.data.length).toBeGreaterThan(4)
        },
      ),
    )
  })
})

test('a unit without a whole header is no picture of H.265', () => {
  for (const nal of ['26', '2601'])
    expect(
      lengthPrefixedPicture(sample([new Uint8Array(Buffer.from(nal, 'hex'))], 4), {
        codec: 'h265',
        lengthSize: 4,
      }),
    ).toBeUndefined()
})
