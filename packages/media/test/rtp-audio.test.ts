import { rtpFormat } from '@hksv/media/rtp'
import { describe, expect, test } from 'vitest'
import { rtp } from './support/rtp-packetizer.ts'
import { Collector, fromHex, toHex } from './support/rtp-receive.ts'
import { join } from './support/rtp-script.ts'

const hbr = 'mode=AAC-hbr; SizeLength=13; IndexLength=3; IndexDeltaLength=3; config=1408'
const formatOf = (rtpmap: string, fmtp = '') => rtpFormat({ payloadType: 97, rtpmap, fmtp })
const aac = (fmtp = hbr, rtpmap = 'mpeg4-generic/16000/1') => formatOf(rtpmap, fmtp)

interface Fields {
  readonly lost?: number
  readonly isMarker?: boolean
}

/** Sends payloads one after the other. */
class Sender {
  readonly collector: Collector
  #sequenceNumber = 65_533

  constructor(format: ReturnType<typeof rtpFormat>) {
    this.collector = new Collector(format)
  }

  send(timestamp: number, payload: Uint8Array, { lost = 0, isMarker = true }: Fields = {}): this {
    this.#sequenceNumber += lost
    const sequenceNumber = this.#sequenceNumber++
    this.collector.push(rtp({ payloadType: 97, sequenceNumber, timestamp, isMarker }, payload))
    return this
  }

  get times(): number[] {
    return this.collector.received.samples.map(sample => sample.decodeTime)
  }

  get frames(): string[] {
    return this.collector.received.samples.map(({ data }) => toHex(data))
  }
}

/** @returns AU headers of 16 bits, and the frames. */
function units(...frames: readonly Uint8Array[]): Uint8Array {
  const sizes = frames.map(({ length }) => Uint8Array.of(length >> 5, (length << 3) & 0xff))
  return join(Uint8Array.of(0, 16 * frames.length), ...sizes, ...frames)
}

const one = fromHex('de02004c61')
const two = fromHex('00f49edacb3244')

/** @returns The frame behind an ADTS header: 16 kHz, mono, LC; 9 bytes with a checksum. */
function adts(frame: Uint8Array, hasChecksum = false): Uint8Array {
  const length = frame.length + (hasChecksum ? 9 : 7)
  const head = [0xff, hasChecksum ? 0xf0 : 0xf1, 0x60, 0x40 | (length >> 11), (length >> 3) & 0xff]
  const tail = hasChecksum ? [0xfc, 0x12, 0x34] : [0xfc]
  return Uint8Array.of(...head, ((length & 7) << 5) | 0x1f, ...tail, ...frame)
}

describe('AAC in MPEG4-GENERIC', () => {
  test('several frames in a packet follow each other', () => {
    const sender = new Sender(aac()).send(5000, units(one, two)).send(7048, units(one))
    expect(sender.frames).toEqual([one, two, one].map(toHex))
    expect(sender.times).toEqual([0, 1024, 2048])
    expect(sender.collector.received.parameters).toEqual([
      {
        ...{ codec: 'aac', objectType: 2, sampleRate: 16_000, channels: 1, frameLength: 1024 },
        audioSpecificConfig: fromHex('1408'),
      },
    ])
  })

  test('low bit rate: sizes of six bits', () => {
    const fmtp = 'mode=AAC-lbr;sizelength=6;indexlength=2;indexdeltalength=2;config=1408'
    const payload = join(Uint8Array.of(0, 16, one.length << 2, two.length << 2), one, two)
    expect(new Sender(aac(fmtp)).send(0, payload).frames).toEqual([one, two].map(toHex))
  })

  test('no AU headers', () => {
    const sender = new Sender(aac('config=1408')).send(0, one).send(1024, two)
    expect(sender.frames).toEqual([one, two].map(toHex))
  })

  test('AAC-ELD, with the length of its frames', () => {
    const fmtp = hbr.replace('1408', 'f8f02000')
    const sender = new Sender(aac(fmtp)).send(0, units(one, two)).send(1024, units(one))
    expect(sender.times).toEqual([0, 512, 1024])
    expect(sender.collector.received.parameters).toMatchObject([
      { objectType: 39, frameLength: 512 },
    ])
  })

  test('no configuration: AAC-LC of the rate and channels in the rtpmap', () => {
    const format = aac(hbr.replace(' config=1408', ''), 'MPEG4-GENERIC/32000/2')
    const sender = new Sender(format).send(0, units(one))
    expect(sender.collector.received.parameters).toMatchObject([
      { sampleRate: 32_000, channels: 2, audioSpecificConfig: fromHex('1290') },
    ])
  })

  test('timestamps at another rate than the audio', () => {
    const sender = new Sender(aac(hbr, 'mpeg4-generic/8000/1'))
    sender.send(0, units(one)).send(512, units(two)).send(1024, units(one))
    expect(sender.times).toEqual([0, 1024, 2048])
  })

  test('a frame in several packets, each with its whole size', () => {
    const frame = Uint8Array.from({ length: 1000 }, (_, i) => i % 251)
    const head = units(frame).subarray(0, 4)
    const part = (start: number, end: number) => join(head, frame.subarray(start, end))
    const sender = new Sender(aac())
      .send(0, part(0, 400), { isMarker: false })
      .send(0, part(400, 800), { isMarker: false })
      .send(0, part(800, 1000))
      .send(1024, units(one))
    expect(sender.frames).toEqual([frame, one].map(toHex))
    expect(sender.times).toEqual([0, 1024])
    // A lost part loses the frame.
    sender.send(2048, part(0, 400), { isMarker: false }).send(2048, part(800, 1000), { lost: 1 })
    sender.send(3072, part(0, 400), { isMarker: false }).send(4096, units(two))
    expect(sender.frames).toEqual([frame, one, two].map(toHex))
    expect(sender.times).toEqual([0, 1024, 4096])
  })

  test.each([false, true])('ADTS headers in the frames (checksum: %s)', hasChecksum => {
    const payload = units(adts(one, hasChecksum), two)
    expect(new Sender(aac()).send(0, payload).frames).toEqual([one, two].map(toHex))
  })

  test('ADTS frames that cannot be taken apart are dropped', () => {
    const twoBlocks = adts(two).with(6, 0xfd)
    const tooLong = adts(two).subarray(0, 12)
    for (const frame of [twoBlocks, tooLong]) {
      const sender = new Sender(aac()).send(0, units(one, frame)).send(2048, frame)
      expect(sender.send(3072, units(one)).frames).toEqual([one, one].map(toHex))
    }
  })

  test('nothing but ADTS frames', () => {
    const sender = new Sender(aac()).send(0, join(adts(one), adts(two, true)))
    expect(sender.frames).toEqual([one, two].map(toHex))
    expect(sender.times).toEqual([0, 1024])
  })

  test.each([
    ['nothing', ''],
    ['half a length', '00'],
    ['headers that are not there', '0020'],
    ['no headers', '0000de02'],
    ['a size behind the end, with more than one frame', '002000280028de02004c61de02'],
  ])('%s: what is whole, and no more', (_name, payload) => {
    const sender = new Sender(aac()).send(0, fromHex(payload))
    expect(sender.frames.every(frame => frame === toHex(one))).toBe(true)
    expect(sender.send(9000, units(two)).frames.at(-1)).toBe(toHex(two))
  })

  test('a frame that would never end is forgotten', () => {
    const format = aac('sizelength=24;indexlength=0;indexdeltalength=0;config=1408')
    const sender = new Sender(format)
    const part = join(fromHex('0018ffffff'), new Uint8Array(1200))
    for (let i = 0; i < 100; i++) sender.send(0, part, { isMarker: false })
    expect(sender.send(1024, join(fromHex('0018000005'), one)).frames).toEqual([toHex(one)])
  })
})

describe('AAC in LATM', () => {
  // Version 0, all the same framing, one frame, program and layer; AAC-LC 16 kHz mono; lengths told.
  const format = formatOf('MP4A-LATM/16000/1', 'cpresent=0; config=400028103fc0')
  const element = (frame: Uint8Array) =>
    join(
      new Uint8Array(Math.floor(frame.length / 255)).fill(255),
      Uint8Array.of(frame.length % 255),
      frame,
    )

  test('frames behind their lengths', () => {
    const long = new Uint8Array(600).fill(7)
    const sender = new Sender(format).send(0, join(element(one), element(long)))
    expect(sender.frames).toEqual([one, long].map(toHex))
    expect(sender.collector.received.parameters).toMatchObject([
      { sampleRate: 16_000, channels: 1, audioSpecificConfig: fromHex('1408') },
    ])
  })

  test('in several packets, of which the last is marked', () => {
    const whole = element(new Uint8Array(600).fill(7))
    const sender = new Sender(format)
      .send(0, whole.subarray(0, 300), { isMarker: false })
      .send(0, whole.subarray(300))
      .send(1024, whole.subarray(0, 300), { isMarker: false })
      .send(1024, whole.subarray(400), { lost: 1 })
      .send(2048, whole.subarray(0, 300), { isMarker: false })
      .send(2048, new Uint8Array(whole.length - 300).fill(8), { lost: 1 })
      .send(3072, element(one))
    expect(sender.frames).toEqual(['07'.repeat(600), toHex(one)])
  })
})

describe('audio with one frame a packet', () => {
  test('G.711', () => {
    const sender = new Sender(formatOf('PCMU/8000'))
    for (let i = 0; i < 3; i++) sender.send(160 * i, new Uint8Array(160).fill(i))
    expect(sender.times).toEqual([0, 160, 320])
    expect(sender.collector.received.parameters).toEqual([
      { codec: 'pcmu', sampleRate: 8000, channels: 1 },
    ])
  })

  test('the static payload types need no rtpmap', () => {
    expect(rtpFormat({ payloadType: 0 })).toMatchObject({ codec: 'pcmu', clockRate: 8000 })
    expect(rtpFormat({ payloadType: 8 })).toMatchObject({ codec: 'pcma', clockRate: 8000 })
    expect(rtpFormat({ payloadType: 9 })).toBeUndefined()
  })

  test.each([
    ['10 ms of SILK', '00', 480],
    ['60 ms of SILK', '18', 2880],
    ['20 ms, hybrid', '68', 960],
    ['2.5 ms of CELT', '80', 120],
    ['two frames of 20 ms', '79', 1920],
    ['three frames of 20 ms', '7b03', 2880],
    ['more than there can be', '7b3f', 5760],
  ])('Opus: %s', (_name, head, samples) => {
    const sender = new Sender(formatOf('opus/48000/2'))
    // One sample too early: it comes where the length of the first one puts it, less one.
    sender.send(0, fromHex(head)).send(samples - 1, fromHex('78'))
    expect(sender.times).toEqual([0, samples - 1])
  })
})

describe('times of audio', () => {
  const at = (...timestamps: readonly number[]) => {
    const sender = new Sender(aac())
    for (const timestamp of timestamps) sender.send(timestamp, units(one))
    return sender.times
  }

  test('jitter of timestamps is followed in steps of one sample', () => {
    expect(at(0, 1100, 2048, 3000, 4096)).toEqual([0, 1025, 2048, 3071, 4096])
  })

  test('a gap stays a gap', () => {
    expect(at(0, 1024, 8192, 9216)).toEqual([0, 1024, 8192, 9216])
  })

  test('after 100 ms too early, frames are left out', () => {
    // 16 kHz: the third frame begins 1700 samples, more than 100 ms, before the second one ends.
    expect(at(0, 1024, 348, 1372, 3072)).toEqual([0, 1024, 2047, 3072])
  })
})
