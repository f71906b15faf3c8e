import { nodeProvider } from '@hksv/crypto/node'
import { FrameOpener, FrameSealer, isHdsError } from '@hksv/hds'
import {
  date,
  decode,
  encode,
  encodedLength,
  encodeParts,
  float32,
  float64,
  type OpackValue,
  uuid,
} from '@hksv/hds/opack'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Pair } from './pair.ts'

const integer = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.maxSafeInteger(),
    fc.integer({ min: -200, max: 300 }),
  )
  .map(value => (Number.isSafeInteger(Number(value)) ? Number(value) + 0 : value))
const text = fc.string({ unit: 'binary', maxLength: 40 })
const data = fc.uint8Array({ maxLength: 40 })

const { value } = fc.letrec<{ value: OpackValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    integer,
    text,
    fc.boolean(),
    fc.constant(null),
    data,
    fc.double().map(float64),
    fc.float().map(float32),
    fc.double().map(date),
    fc.uuid().map(uuid),
    fc.array(tie('value'), { maxLength: 17 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 17 }).map(entries => new Map(entries)),
  ),
}))

describe('OPACK', () => {
  it.each(['safe', 'apple'] as const)(
    'in %s mode reads back what it wrote, of the predicted length',
    mode => {
      fc.assert(
        fc.property(value, written => {
          const bytes = encode(written, { mode })
          expect(encodedLength(written, { mode })).toBe(bytes.length)
          expect(Buffer.concat(encodeParts(written, { mode })).equals(bytes)).toBe(true)
          expect(decode(bytes)).toEqual(written)
        }),
      )
    },
  )

  it('in safe mode holds no reference and reads alike by both rules', () => {
    fc.assert(
      fc.property(value, written => {
        expect(decode(encode(written), { rule: 'hapnodejs' })).toEqual(written)
      }),
    )
  })

  it('is refused at every cut', () => {
    fc.assert(
      fc.property(value, fc.nat(), (written, at) => {
        const bytes = encode(written, { mode: 'apple' })
        expect(() => decode(bytes.subarray(0, at % bytes.length))).toThrow(
          expect.objectContaining({ code: 'OPACK_TRUNCATED' }),
        )
      }),
    )
  })

  it('throws its own error, or reads what it would write in another form', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        let read: OpackValue
        try {
          read = decode(bytes, { trailing: 'allow' })
        } catch (error) {
          expect(isHdsError(error)).toBe(true)
          return
        }
        expect(Number.isSafeInteger(read) || typeof read !== 'number').toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('frames', () => {
  it('come out as they went in, however the bytes are cut', () => {
    const key = new Uint8Array(32).fill(5)
    const payloads = fc.array(fc.uint8Array({ minLength: 3, maxLength: 300 }), { maxLength: 6 })
    fc.assert(
      fc.property(payloads, fc.array(fc.integer({ min: 1, max: 90 })), (sent, cuts) => {
        const sealer = new FrameSealer(nodeProvider, key)
        const wire = Buffer.concat(sent.flatMap(payload => sealer.seal([payload])))
        const opener = new FrameOpener(nodeProvider, key)
        const received: string[] = []
        for (let at = 0, i = 0; at < wire.length; i++) {
          const length = cuts[i] ?? 1000
          opener.push(wire.subarray(at, at + length))
          at += length
          for (let next = opener.next(); next !== undefined; next = opener.next()) {
            received.push(Buffer.from(next).toString('hex'))
          }
        }
        expect(received).toEqual(sent.map(payload => Buffer.from(payload).toString('hex')))
      }),
    )
  })
})

describe('a recording', () => {
  it('arrives whole, whatever the lengths, slices and cuts', () => {
    const slices = fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 5 })
    const fragments = fc.array(
      slices.filter(each => each.some(length => length > 0)),
      {
        minLength: 2,
        maxLength: 4,
      },
    )
    fc.assert(
      fc.property(fragments, fc.integer({ min: 500, max: 100_000 }), (lengths, cut) => {
        const pair = Pair.recording({ cut, delayMs: 1 })
        const sent = lengths.map((each, i) =>
          each.map(length => new Uint8Array(length).fill(i + 1)),
        )
        for (const [i, parts] of sent.entries()) {
          pair.sendAccessory({
            type: 'send-fragment',
            streamId: 1,
            dataType: i === 0 ? 'mediaInitialization' : 'mediaFragment',
            parts,
            endOfStream: i === sent.length - 1,
          })
        }
        pair.settle()
        const { hub } = pair.look()
        const received = hub.filter(event => event.type === 'fragment')
        expect(received.map(({ data }) => data.length)).toEqual(
          lengths.map(each => each.reduce((sum, length) => sum + length, 0)),
        )
        expect(received.every(({ data, sequence }) => data.every(byte => byte === sequence))).toBe(
          true,
        )
        expect(hub.at(-1)?.type).toBe('ended')
      }),
      { numRuns: 25 },
    )
  })
})
