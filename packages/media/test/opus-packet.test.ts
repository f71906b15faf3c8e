import { OggOpusReader, OggOpusWriter, parseOpusPacket, writeOpusPacket } from '@hksv/media'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')

describe('Opus packets', () => {
  // RFC 6716 §3.2, figures 2 to 7.
  test.each([
    ['one frame', '48aabb', ['aabb']],
    ['two of one length', '49aabb', ['aa', 'bb']],
    ['two', '4a01aabbcc', ['aa', 'bbcc']],
    ['two, the second empty', '4a02aabb', ['aabb', '']],
    ['a length of two bytes', `4afc01${'11'.repeat(256)}22`, ['11'.repeat(256), '22']],
    ['three of one length', '4b03aabbcc', ['aa', 'bb', 'cc']],
    ['two with lengths', '4b8201aabbcc', ['aa', 'bbcc']],
    ['padded', '4b4202aabb0000', ['aa', 'bb']],
    ['padded by 254 and more', `4b41ff01aa${'00'.repeat(255)}`, ['aa']],
    ['a missing frame', '48', ['']],
  ])('%s', (_name, packet, frames) => {
    const parsed = parseOpusPacket(bytes(packet))
    expect(parsed?.frames.map(hex)).toEqual(frames)
    expect(parsed).toMatchObject({ kind: 0x48, frameSamples: 960 })
  })

  // RFC 6716 §3.4, R1 to R7.
  test.each([
    ['no byte', ''],
    ['an odd length of two equal frames', '49aabbcc'],
    ['a first frame that ends behind the packet', '4a05aabb'],
    ['no length', '4a'],
    ['half a length', '4afc'],
    ['no count', '4b'],
    ['a count of 0', '4b00'],
    ['more than 120 ms', `4b07${'aa'.repeat(7)}`],
    ['49 frames of 2.5 ms', `83${(49).toString(16)}${'aa'.repeat(49)}`],
    ['three frames that are not equal', '4b03aabb'],
    ['lengths that end behind the packet', '4b8205aa'],
    ['padding without its length', '4b41'],
    ['padding that ends behind the packet', '4b41ff'],
    ['more padding than packet', '4b4105aa'],
    ['a frame of 1276 bytes', `48${'00'.repeat(1276)}`],
  ])('refuses %s', (_name, packet) => {
    expect(parseOpusPacket(bytes(packet))).toBeUndefined()
  })

  const frame = fc.uint8Array({ maxLength: 1275, size: 'max' })

  test('frames are the same when they were written', () => {
    const celt = fc.integer({ min: 16, max: 31 }).map(configuration => configuration << 3)
    fc.assert(
      fc.property(celt, fc.array(frame, { minLength: 1, maxLength: 6 }), (kind, frames) => {
        const parsed = parseOpusPacket(writeOpusPacket(kind, frames))
        expect(parsed?.kind).toBe(kind)
        expect(parsed?.frames.map(hex)).toEqual(frames.map(hex))
      }),
    )
  })

  test('any bytes are a packet or none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300, size: 'max' }), data => {
        const { frames = [], frameSamples = 0 } = parseOpusPacket(data) ?? {}
        expect(frames.length * frameSamples).toBeLessThanOrEqual(5760)
      }),
    )
  })

  test('what cannot be written is refused', () => {
    expect(() => writeOpusPacket(0, [])).toThrow(RangeError)
    expect(() => writeOpusPacket(0, new Array(49).fill(new Uint8Array()))).toThrow(RangeError)
    expect(() => writeOpusPacket(0, [new Uint8Array(1276)])).toThrow(RangeError)
  })
})

describe('Opus in Ogg', () => {
  const packets = fc.array(fc.uint8Array({ maxLength: 1300, size: 'max' }), { maxLength: 10 })

  function written(all: readonly Uint8Array[]): Uint8Array {
    const ogg = new OggOpusWriter({ sampleRate: 16_000, channels: 1 })
    return Buffer.concat([ogg.header(), ...all.map(packet => ogg.page(packet, 960))])
  }

  test('packets come out as they went in, however they are cut', () => {
    fc.assert(
      fc.property(packets, fc.integer({ min: 1, max: 700 }), (all, step) => {
        const reader = new OggOpusReader()
        const ogg = written(all)
        const read: string[] = []
        for (let at = 0; at < ogg.length; at += step)
          read.push(...reader.receive(ogg.subarray(at, at + step)).map(hex))
        expect(read).toEqual(all.map(hex))
      }),
    )
  })

  test('a packet may go on in the next page', () => {
    const packet = new Uint8Array(300).fill(7)
    const [first, second] = [packet.subarray(0, 255), packet.subarray(255)]
    const ogg = new OggOpusWriter({ sampleRate: 16_000, channels: 1 })
    // A page whose last segment is full, and one that goes on.
    const pages = [first, second].map(part => new Uint8Array(ogg.page(part, 0)))
    const [open = new Uint8Array(), rest = new Uint8Array()] = pages
    open[26] = 1
    const cut = Buffer.concat([open.subarray(0, 28), first])
    const reader = new OggOpusReader()
    reader.receive(ogg.header())
    expect(reader.receive(withChecksum(cut))).toEqual([])
    expect(reader.receive(rest).map(hex)).toEqual([hex(packet)])
  })

  test('what is damaged is refused', () => {
    const ogg = written([Uint8Array.of(1, 2, 3)])
    for (const at of [0, 3, 10, 22, 30, ogg.length - 1]) {
      const damaged = new Uint8Array(ogg)
      damaged[at] = (damaged[at] ?? 0) ^ 0x55
      expect(() => new OggOpusReader().receive(damaged)).toThrow(RangeError)
    }
  })

  test('a packet without an end is refused before it is long', () => {
    const reader = new OggOpusReader()
    const page = new Uint8Array(27 + 255 + 255 * 255)
    page.set(Buffer.from('OggS'))
    page.fill(255, 26, 27 + 255)
    expect(() => reader.receive(withChecksum(page))).toThrow('an Ogg packet is too long')
  })
})

/** @returns The page with the checksum it should have, computed bit by bit. */
function withChecksum(given: Uint8Array): Uint8Array {
  const page = new Uint8Array(given)
  page.fill(0, 22, 26)
  let crc = 0
  for (const byte of page) {
    crc ^= byte << 24
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0)
  }
  new DataView(page.buffer).setUint32(22, crc >>> 0, true)
  return page
}
