import { rtpFormat } from '@hksv/media/rtp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Packetizer, type Pick } from './support/rtp-packetizer.ts'
import { Collector, nalsOf, toHex } from './support/rtp-receive.ts'
import { body, formatOf, h264, h265, type ModelPicture, picture } from './support/rtp-streams.ts'

/** Everything a stream leaves open, drawn from one list of numbers. */
const streams = fc.record({
  seed: fc.integer(),
  keys: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
  sequenceNumber: fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xffe0, max: 0xffff })),
  timestamp: fc.oneof(fc.nat(0xffffffff), fc.integer({ min: 0xffff0000, max: 0xffffffff })),
})

/** @returns Numbers that look random and are the same for the same seed. */
function picker(seed: number): Pick {
  let state = seed | 0
  return count => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return Math.floor(((state >>> 8) / 2 ** 24) * count)
  }
}

type Stream = typeof streams extends fc.Arbitrary<infer T> ? T : never

function packetize(codec: typeof h264, { seed, keys, sequenceNumber, timestamp }: Stream) {
  const pick = picker(seed)
  const packetizer = new Packetizer(codec.packing, sequenceNumber, pick)
  const pictures = [true, ...keys].map(isKey => picture(codec, isKey, pick))
  const ranges = pictures.map(({ nals }, i) => packetizer.picture(nals, timestamp + i * 3000))
  return { pictures, ranges, packets: packetizer.packets, pick }
}

const shown = (pictures: readonly ModelPicture[]) =>
  pictures.map(({ isKey, kept }) => ({ isKey, kept }))
const seen = (collector: Collector) =>
  collector.end().samples.map(sample => ({ isKey: sample.isSync, kept: nalsOf(sample) }))

/** @returns Where samples are among the pictures; each has to be one of them, in order. */
function placesOf(samples: readonly unknown[], pictures: readonly ModelPicture[]): number[] {
  const texts = shown(pictures).map(one => JSON.stringify(one))
  let last = -1
  return samples.map(sample => {
    last = texts.indexOf(JSON.stringify(sample), last + 1)
    expect(last).toBeGreaterThanOrEqual(0)
    return last
  })
}

/** @returns Pictures that have to come: nothing is missing since a key frame, nor right in front of it. */
function certain(
  pictures: readonly ModelPicture[],
  ranges: readonly (readonly number[])[],
  isThere: readonly boolean[],
): number[] {
  let isGoing = false
  return pictures.flatMap(({ isKey }, i) => {
    const range = ranges[i] ?? []
    const before = (range[0] ?? 0) - 1
    const isWhole = range.every(index => isThere[index])
    isGoing = isWhole && (isGoing || (isKey && (before < 0 || isThere[before] === true)))
    return isGoing ? [i] : []
  })
}

describe('any packets of AAC', () => {
  const fmtp = 'sizelength=13;indexlength=3;indexdeltalength=3;config=1408'
  const format = rtpFormat({ payloadType: 96, rtpmap: 'mpeg4-generic/16000/1', fmtp })

  /** Up to 900 bytes that begin like no ADTS header, as frames do. */
  function frame(pick: (count: number) => number): Uint8Array {
    const bytes = body(pick, 900)
    return bytes.fill((bytes[0] ?? 0) & 0x7f, 0, 1)
  }

  /** A few frames in a packet, or one in parts. */
  function frames({ seed, keys, sequenceNumber, timestamp }: Stream) {
    const pick = picker(seed)
    const all = keys.flatMap(() => [frame(pick), frame(pick)])
    const head = (sizes: readonly number[]) => [
      ...[0, 16 * sizes.length],
      ...sizes.flatMap(size => [size >> 5, (size << 3) & 0xff]),
    ]
    const packetizer = new Packetizer(h264.packing, sequenceNumber, pick)
    /** Of each frame, its packets. */
    const ranges: number[][] = []
    for (let i = 0; i < all.length; ) {
      const count = 1 + pick(Math.min(4, all.length - i))
      const group = all.slice(i, i + count)
      const [first = new Uint8Array()] = group
      const fields = { timestamp: timestamp + i * 1024, isMarker: true }
      const step = count > 1 || pick(2) === 0 ? first.length : 1 + pick(first.length)
      const parts = Math.ceil(first.length / step)
      const indices = Array.from({ length: parts }, (_, part) => {
        const data =
          count > 1
            ? group.flatMap(frame => [...frame])
            : first.subarray(part * step, (part + 1) * step)
        const payload = Uint8Array.of(...head(group.map(({ length }) => length)), ...data)
        return packetizer.payload(payload, { ...fields, isMarker: part === parts - 1 })
      })
      for (const _ of group) ranges.push(indices)
      i += count
    }
    return { all, ranges, packets: packetizer.packets, pick }
  }

  test.each(['tcp', 'udp'] as const)(
    'give the frames back, but those of lost packets (%s)',
    transport => {
      fc.assert(
        fc.property(streams, fc.nat(5), (stream, rate) => {
          const { all, ranges, packets, pick } = frames(stream)
          const isThere = packets.map(() => pick(20) >= rate)
          const collector = new Collector(format, { transport }).push(
            ...packets.filter((_, i) => isThere[i]),
          )
          const places = all.flatMap((_, i) =>
            ranges[i]?.every(index => isThere[index]) ? [i] : [],
          )
          const { samples } = collector.end()
          expect(samples.map(({ data }) => toHex(data))).toEqual(
            places.map(i => toHex(all[i] ?? new Uint8Array())),
          )
          const [first = 0] = places
          // A part that came before the rest of its frame was lost is the zero of the times.
          const zero = (samples[0]?.decodeTime ?? 0) - first * 1024
          expect(samples.map(({ decodeTime }) => decodeTime - zero)).toEqual(
            places.map(i => i * 1024),
          )
        }),
      )
    },
  )
})

describe.each([h264, h265])('any packets of $codec', codec => {
  test('in order give the pictures back, at their times', () => {
    fc.assert(
      fc.property(streams, stream => {
        const { pictures, packets } = packetize(codec, stream)
        const collector = new Collector(formatOf(codec)).push(...packets)
        expect(seen(collector)).toEqual(shown(pictures))
        const { samples, parameters, notes } = collector.received
        expect(samples.map(sample => sample.decodeTime)).toEqual(pictures.map((_, i) => i * 3000))
        expect(samples.some(sample => 'compositionTimeOffset' in sample)).toBe(false)
        expect(parameters).toHaveLength(1)
        expect(notes).toEqual([])
      }),
    )
  })

  test('shuffled within the window and doubled give the same pictures', () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 20 }), (stream, window) => {
        const { pictures, packets, pick } = packetize(codec, stream)
        const places = packets.flatMap((packet, i) =>
          Array.from({ length: 1 + pick(2) }, () => ({ packet, at: i + pick(window) })),
        )
        const shuffled = places.sort((a, b) => a.at - b.at).map(({ packet }) => packet)
        const reorder = { maxPackets: 2 * window, maxWaitMs: 100 }
        const collector = new Collector(formatOf(codec), { transport: 'udp', reorder })
        collector.push(...shuffled)
        expect(seen(collector)).toEqual(shown(pictures))
        expect(collector.received.notes).toEqual([])
      }),
    )
  })

  test('with losses give none but whole pictures, and begin again with a key frame', () => {
    fc.assert(
      fc.property(streams, fc.nat(5), (stream, rate) => {
        const { pictures, packets, ranges, pick } = packetize(codec, stream)
        // A loss in front of the first packet is none that anybody could see.
        const isThere = packets.map((_, i) => i === 0 || pick(20) >= rate)
        const collector = new Collector(formatOf(codec)).push(
          ...packets.filter((_, i) => isThere[i]),
        )
        const indices = placesOf(seen(collector), pictures)
        for (const [i, index] of indices.entries())
          if (index !== (indices[i - 1] ?? -2) + 1) expect(pictures[index]?.isKey).toBe(true)
        expect(indices).toEqual(expect.arrayContaining(certain(pictures, ranges, isThere)))
      }),
    )
  })

  test('cut, mixed up and damaged give none but well-formed samples', () => {
    fc.assert(
      fc.property(streams, fc.array(fc.tuple(fc.nat(), fc.nat(255))), (stream, damages) => {
        const { packets } = packetize(codec, stream)
        for (const [place, value] of damages) {
          const packet = packets[place % packets.length]
          if (packet !== undefined) packet[(place >> 8) % packet.length] = value
        }
        const collector = new Collector(formatOf(codec)).push(...packets)
        for (const sample of collector.end().samples) {
          const length = nalsOf(sample).reduce((sum, nal) => sum + 4 + nal.length / 2, 0)
          expect(length).toBe(sample.data.length)
        }
      }),
    )
  })
})
