import { SRP_MODULUS } from '@hksv/crypto'
import type { TlvItem } from '@hksv/tlv8'
import fc from 'fast-check'

/** A body for one of the pairing endpoints. */
export interface TlvBody {
  readonly name: string
  readonly body: Uint8Array
}

const TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x13, 0x42, 0xff]
const SIZES = [
  0, 1, 2, 16, 31, 32, 33, 36, 37, 63, 64, 65, 253, 254, 255, 256, 383, 384, 385, 510, 765,
]
const SEED = 20_260_101

const item = (type: number, ...value: number[]): TlvItem => ({
  type,
  value: Uint8Array.from(value),
})
const filled = (type: number, length: number): TlvItem => ({
  type,
  value: new Uint8Array(length).fill(0x5a),
})
const state = (value: number) => item(6, value)
const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

/** Bytes that are no TLV, or one that breaks the rules of pairing, with State `at`. */
export function malformedBodies(at: number): TlvBody[] {
  const begin = `0601${at.toString(16).padStart(2, '0')}`
  const rows: [name: string, body: Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['a type alone', hex(`${begin}00`)],
    ['a length beyond the end', hex(`${begin}05ff00`)],
    ['State of two bytes', hex(`06020${at}00`)],
    ['State of no bytes', hex('0600')],
    ['State twice', hex(`${begin}0001000601${begin.slice(4)}`)],
    ['State in two fragments', hex(`${begin}${begin}`)],
    ['State left out', hex('000100')],
    ['a short fragment that goes on', hex(`${begin}03015a03015a`)],
    ['a fragment of 255 and an empty one', hex(`${begin}03ff${'5a'.repeat(255)}0300`)],
    ['an error for a request', hex(`${begin}070102`)],
    ['separators', hex(`${begin}${'ff00'.repeat(100)}`)],
    [
      'types that nobody knows',
      encodeItems([...range(0x20, 0x60).map(type => filled(type, 3)), state(at)]),
    ],
    ['32 KB of unknown types', hex(`${begin}${'4200430044004500'.repeat(2000)}`)],
    ['30 KB in one value', encodeItems([state(at), filled(5, 30_000)])],
    ...[1, 2, 3, 4, 5, 0x0a, 0x0b, 0x13].flatMap(type =>
      SIZES.map((size): [string, Uint8Array] => [
        `type ${type} of ${size} bytes`,
        encodeItems([state(at), filled(type, size)]),
      ]),
    ),
  ]
  return rows.map(([name, body]) => ({ name: `M${at} with ${name}`, body }))
}

/** All methods with the first State. */
export const methodBodies: readonly TlvBody[] = range(0, 256).map(method => ({
  name: `method ${method}`,
  body: encodeItems([state(1), item(0, method)]),
}))

/** All states, with everything a message may hold. */
export const stateBodies: readonly TlvBody[] = range(0, 256).map(at => ({
  name: `state ${at}`,
  body: encodeItems([state(at), item(0, 5), filled(3, 32), filled(4, 64), filled(5, 120)]),
}))

/** Items at random, some of them cut or changed; the same ones in each run. */
export function generatedBodies(count: number): TlvBody[] {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(...SIZES).chain(size => fc.uint8Array({ minLength: size, maxLength: size })),
  )
  const fragment = fc
    .tuple(fc.constantFrom(...TYPES), fc.uint8Array({ maxLength: 255 }))
    .map(([type, bytes]) => Uint8Array.of(type, bytes.length, ...bytes))
  const items = fc.record({ type: fc.constantFrom(...TYPES), value })
  const body = fc.oneof(
    fc.array(items, { maxLength: 6 }).map(encodeItems),
    fc
      .tuple(fc.integer({ min: 0, max: 7 }), fc.array(items, { maxLength: 4 }))
      .map(([at, rest]) => encodeItems([state(at), ...rest])),
    fc.array(fragment, { maxLength: 5 }).map(parts => new Uint8Array(Buffer.concat(parts))),
    fc.uint8Array({ maxLength: 300 }),
  )
  const bodies = fc.sample(body, { numRuns: count, seed: SEED })
  return bodies.map((bytes, i) => ({ name: `generated ${i} (seed ${SEED})`, body: bytes }))
}

/** M3 of pair-setup with public keys that make the secret no secret. */
export const weakSrpBodies: readonly TlvBody[] = [
  ['0', new Uint8Array(1)],
  ['384 zeros', new Uint8Array(384)],
  ['N', SRP_MODULUS],
  ['1', Uint8Array.of(1)],
  ['384 bytes of ff', new Uint8Array(384).fill(0xff)],
].map(([name, value]) => ({
  name: `A of ${name}`,
  body: encodeItems([state(3), { type: 3, value: value as Uint8Array }, filled(4, 64)]),
}))

/** M1 of pair-verify with the points of low order, canonical or not. */
export const lowOrderBodies: readonly TlvBody[] = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
  `${'00'.repeat(31)}80`,
].map(point => ({
  name: `the point ${point}`,
  body: encodeItems([state(1), { type: 3, value: hex(point) }]),
}))

/** Writes items as they come: equal ones side by side, too, which an honest writer refuses. */
function encodeItems(items: readonly TlvItem[]): Uint8Array {
  const parts = items.flatMap(({ type, value }) => {
    const starts = range(0, Math.max(1, Math.ceil(value.length / 255))).map(i => i * 255)
    return starts.map(start => {
      const fragment = value.subarray(start, start + 255)
      return Buffer.from([type, fragment.length, ...fragment])
    })
  })
  return new Uint8Array(Buffer.concat(parts))
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
