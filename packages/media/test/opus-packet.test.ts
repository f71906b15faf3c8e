import { readFileSync } from 'node:fs'

import { OggOpusReader, OggOpusWriter, parseOpusPacket, writeOpusPacket } from '@hksv/media'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')

interface Row {
  readonly name: string
  readonly hex: string
  readonly value?: { readonly frames: readonly string[] }
  readonly error?: string
  readonly canonical?: boolean
}

function rows(): Row[] {
  const file = new URL('../../../test-vectors/media/opus-packets.json', import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).cases
}

describe('Opus packets', () => {
  test.each(rows())('$name', ({ hex: text, value, error, canonical = true }) => {
    const packet = bytes(text)
    const parsed = parseOpusPacket(packet)
    if (parsed === undefined) expect(error).toBe('REFUSED')
    else {
      expect({ ...parsed, frames: parsed.frames.map(hex) }).toEqual(value)
      const written = writeOpusPacket(parsed.kind, parsed.frames)
      if (canonical) expect(hex(written)).toBe(text)
      expect(parseOpusPacket(written)).toEqual(parsed)
    }
    // Cut anywhere, it is refused, or has no more in it.
    for (let length = 0; length < packet.length; length++) {
      const frames = parseOpusPacket(packet.subarray(0, length))?.frames ?? []
      const sum = frames.reduce((bytes, frame) => bytes + frame.length, 0)
      expect(sum).toBeLessThan(Math.max(length, 1))
    }
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
