import { lengthPrefixedNalUnits } from '@hksv/media'
import { LiveClock, type RtpSender, SrtpReceiver, SrtpSender } from '@hksv/media/live'
import { isRtcp, parseRtcp, parseRtpPacket, writeReceiverReport } from '@hksv/media/rtp'
import { describe, expect, test } from 'vitest'

import { key, lengthPrefixed, peerKey, SenderRun, sets } from './support/live.ts'
import { fromHex, toHex } from './support/rtp-receive.ts'

const slice = (length: number, type = 0x41) => new Uint8Array(length).fill(0x55).fill(type, 0, 1)
const picture = (index: number, length = 100) => ({
  decodeTime: index * 3000,
  isSync: index === 0,
  data: lengthPrefixed(slice(length, index === 0 ? 0x65 : 0x41)),
})
const timeOf = (index: number) => (index * 1000) / 30
const rtpOf = ({ sent }: SenderRun) =>
  sent.flatMap(({ bytes, at }) => {
    const packet = isRtcp(bytes) ? undefined : parseRtpPacket(bytes)
    return packet ? [{ ...packet, at }] : []
  })
const reportsOf = ({ sent }: SenderRun) =>
  sent.flatMap(({ bytes, at }) => (isRtcp(bytes) ? [{ at, messages: parseRtcp(bytes) }] : []))
const payload = (packet: { bytes: Uint8Array; payloadStart: number; payloadEnd: number }) =>
  toHex(packet.bytes.subarray(packet.payloadStart, packet.payloadEnd))

describe('packets', () => {
  test('parameter sets go before a key frame, in one packet with what is small', () => {
    const run = new SenderRun().send(picture(0, 3), 0).send(picture(1, 3), timeOf(1))
    const [first, second] = rtpOf(run)
    expect(first && payload(first)).toBe('78000467010203000368040500036555' + '55')
    expect(second && payload(second)).toBe('415555')
    expect(first).toMatchObject({ payloadType: 99, ssrc: 0x1234, isMarker: true })
  })

  test.each([
    { ipVersion: 4, srtp: undefined, udp: 1378 - 28 },
    { ipVersion: 4, srtp: key, udp: 1378 - 28 },
    { ipVersion: 6, srtp: key, udp: 1228 - 48 },
    { ipVersion: 4, mtu: 1200, srtp: key, udp: 1200 - 28 },
  ] as const)('the datagram is as large as was negotiated: %o', ({ udp, srtp, ...limit }) => {
    const run = new SenderRun({ ...limit, ...(srtp && { srtp }) })
      .send(picture(0, 5000), 0)
      .goTo(33)
    const lengths = run.sent.map(({ bytes }) => bytes.length)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(udp)
    // As few as can be: one packet less would not hold it.
    const packets = rtpOf(run)
    expect((packets.length - 2) * (udp - 12 - (srtp ? 10 : 0) - 2)).toBeLessThan(5000)
    expect(packets.map(one => one.isMarker)).toEqual(
      packets.map((_, i) => i === packets.length - 1),
    )
    expect(new Set(packets.map(one => one.timestamp)).size).toBe(1)
  })

  test('sequence number and timestamp wrap; the first number is in the lower half', () => {
    const run = new SenderRun()
    for (let i = 0; i < 40_000; i++) run.send(picture(i, 2), timeOf(i))
    const packets = rtpOf(run)
    expect(packets.map(one => one.sequenceNumber)).toEqual(
      packets.map((_, i) => (0x7fff + i) & 0xffff),
    )
    expect(packets.map(one => one.timestamp)).toEqual(
      packets.map((_, i) => (0xffffffff + i * 3000) % 2 ** 32),
    )
  })

  test('timestamps never stand still or go back', () => {
    const run = new SenderRun()
    const times = [0, 3000, 3000, 2000, 9000]
    for (const [i, decodeTime] of times.entries())
      run.send({ ...picture(i, 2), decodeTime }, timeOf(i))
    const [first = 0] = rtpOf(run).map(one => one.timestamp)
    expect(rtpOf(run).map(one => (one.timestamp - first) >>> 0)).toEqual([
      0, 3000, 3001, 3002, 9000,
    ])
  })

  test('Opus counts at the negotiated rate, one frame a packet, none marked', () => {
    const run = new SenderRun({ codec: 'opus', timescale: 16_000, payloadType: 110 })
    const frame = (i: number) => ({ decodeTime: i * 320, data: Uint8Array.of(0x58, i) })
    run.send(frame(0), 0).send(frame(1), 20)
    const [first, second] = rtpOf(run)
    expect([first, second].map(one => one && payload(one))).toEqual(['5800', '5801'])
    expect(((second?.timestamp ?? 0) - (first?.timestamp ?? 0)) >>> 0).toBe(320)
    expect(second?.isMarker).toBe(false)
  })

  test('AAC-ELD has its length in front', () => {
    const run = new SenderRun({ codec: 'aac-eld', timescale: 16_000 })
    run.send({ decodeTime: 0, data: new Uint8Array(300).fill(7) }, 0)
    const [packet] = rtpOf(run)
    expect(packet && payload(packet).slice(0, 10)).toBe('0010096007')
  })

  test('a frame of sound that fits no packet is dropped, and counted', () => {
    const run = new SenderRun({ codec: 'opus', timescale: 16_000 })
    run.send({ decodeTime: 0, data: new Uint8Array(1400) }, 0)
    run.send({ decodeTime: 320, data: new Uint8Array() }, 0)
    expect(run.sent).toEqual([])
    expect(run.sender.statistics).toMatchObject({ dropped: 2, packets: 0, frames: 0 })
  })

  test('what was negotiated wrongly is misuse', () => {
    expect(() => new SenderRun({ mtu: 40 })).toThrow(RangeError)
    expect(() => new SenderRun({ srtp: { ...key, salt: new Uint8Array(4) } })).toThrow(RangeError)
    const run = new SenderRun().end(0)
    expect(() => run.send(picture(0), 0)).toThrow(RangeError)
    expect(run.sent).toEqual([])
  })
})

describe('pacing', () => {
  test('a small frame leaves at once', () => {
    const run = new SenderRun().send(picture(0, 4000), 0)
    expect(rtpOf(run).every(one => one.at === 0)).toBe(true)
  })

  test('a large key frame is spread, and is gone before the next frame', () => {
    const run = new SenderRun().send(picture(0, 200_000), 0).goTo(33)
    const packets = rtpOf(run)
    expect(packets.length).toBeGreaterThan(150)
    for (const { at } of packets)
      expect(packets.filter(one => one.at === at).length).toBeLessThanOrEqual(7)
    expect(packets.at(-1)?.at).toBeLessThanOrEqual(0.8 * 33)
    expect(packets.map(one => one.sequenceNumber)).toEqual(
      packets.map((_, i) => (0x7fff + i) & 0xffff),
    )
  })

  test('frames that come all at once wait no longer than 200 ms', () => {
    const run = new SenderRun()
    for (let i = 0; i < 60; i++) run.send(picture(i, 50_000), 0)
    run.goTo(1000)
    const packets = rtpOf(run)
    expect(packets.at(-1)?.at).toBeLessThanOrEqual(200)
    expect(packets.length).toBe(run.sender.statistics.packets)
  })
})

test('a queue that is never empty sends all of it in order', () => {
  const run = new SenderRun()
  // Pictures come faster than they are to be shown.
  for (let i = 0; i < 300; i++) run.send(picture(i, 20_000), i * 20)
  run.goTo(10_000)
  const packets = rtpOf(run)
  expect(packets).toHaveLength(run.sender.statistics.packets)
  const [first] = packets
  expect(packets.map(one => (one.sequenceNumber - (first?.sequenceNumber ?? 0)) & 0xffff)).toEqual(
    packets.map((_, i) => i & 0xffff),
  )
})

describe('sender reports', () => {
  test('at once, then at the negotiated interval, each with the canonical name', () => {
    const unixTimeAtZeroMs = 1_700_000_000_000
    const run = new SenderRun({ unixTimeAtZeroMs, reportIntervalMs: 500, cname: 'cam' })
    for (let i = 0; i < 60; i++) run.send(picture(i), timeOf(i))
    const reports = reportsOf(run)
    expect(reports.map(one => one.at)).toEqual([0, 500, 1000, 1500])
    expect(reports[2]?.messages).toEqual([
      {
        type: 'sender-report',
        ssrc: 0x1234,
        ntpSeconds: 1_700_000_001 + 2_208_988_800,
        ntpFraction: 0,
        timestamp: (0xffffffff + 90_000) % 2 ** 32,
        packetCount: 30,
        octetCount: expect.any(Number),
        blocks: [],
      },
      { type: 'source-description', ssrc: 0x1234, cname: 'cam' },
    ])
  })

  test('octets are those of the payloads', () => {
    const run = new SenderRun({ srtp: key }).send(picture(0, 9), 0).send(picture(1, 5), 33)
    expect(run.sender.statistics).toMatchObject({ packets: 2, octets: 1 + 6 + 5 + 11 + 5 })
  })

  test('sound and picture of a viewer name the same moment', () => {
    const clock = new LiveClock()
    const video = new SenderRun({ clock, random: length => new Uint8Array(length) })
    const audio = new SenderRun({
      ...{ clock, codec: 'opus', timescale: 16_000 },
      random: length => new Uint8Array(length),
    })
    // The sound of a moment comes 150 ms after its picture.
    video.send({ ...picture(0), decodeTime: 90_000 }, 5000)
    audio.send({ decodeTime: 16_000, data: Uint8Array.of(1) }, 5150)
    const seconds = (run: SenderRun, rate: number) =>
      reportsOf(run.goTo(6000)).map(({ at, messages: [report] }) =>
        report?.type === 'sender-report' ? report.timestamp / rate - at / 1000 : Number.NaN,
      )
    for (const shift of [...seconds(video, 90_000), ...seconds(audio, 16_000)])
      expect(shift).toBeCloseTo(-4, 2)
  })

  test('at the end BYE, and nothing of what waited', () => {
    const run = new SenderRun({ srtp: key }).send(picture(0, 200_000), 0).end(1)
    const count = run.sent.length
    const last = new SrtpReceiver(key).unprotectRtcp(run.sent.at(-1)?.bytes ?? new Uint8Array())
    if (typeof last === 'string') throw new Error(last)
    expect(parseRtcp(last).map(one => one.type)).toEqual([
      'sender-report',
      'source-description',
      'bye',
    ])
    expect(run.goTo(1000).sent).toHaveLength(count)
    expect(run.sender.deadline()).toBeUndefined()
  })
})

describe('what comes back', () => {
  const block = {
    ssrc: 0x1234,
    fractionLost: 64,
    cumulativeLost: 3,
    highestSequenceNumber: 9,
    jitter: 4,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  }
  const report = (values = {}) =>
    writeReceiverReport({ ssrc: 7, cname: 'a', blocks: [{ ...block, ...values }] })

  test('a report with the round trip', () => {
    const run = new SenderRun({ unixTimeAtZeroMs: 1_700_000_000_000 }).send(picture(0), 0)
    const [sent] = reportsOf(run)
    const [message] = sent?.messages ?? []
    if (message?.type !== 'sender-report') throw new Error('no report')
    const lastSenderReport = ((message.ntpSeconds << 16) | (message.ntpFraction >>> 16)) >>> 0
    const bytes = report({ lastSenderReport, delaySinceLastSenderReport: 65536 / 4 })
    const [event] = run.sender.receive(bytes, 300)
    if (event?.type !== 'reception-report') throw new Error('no event')
    expect(event.report.fractionLost).toBe(64)
    expect(event.roundTripMs).toBeCloseTo(50, 1)
    expect(run.sender.statistics.lastRtcpAt).toBe(300)
  })

  test('without a sender report there is no round trip; reports on others are not ours', () => {
    const { sender } = new SenderRun()
    expect(sender.receive(report(), 1)).toEqual([
      { type: 'reception-report', report: block, roundTripMs: undefined },
    ])
    expect(sender.receive(report({ ssrc: 8 }), 2)).toEqual([])
    expect(sender.statistics.lastRtcpAt).toBe(2)
  })

  test.each([
    ['81ce000200000007' + '00001234', [{ type: 'key-frame-wanted', why: 'picture-loss' }]],
    [
      '84ce000400000007' + '00000000' + '0000123401000000',
      [{ type: 'key-frame-wanted', why: 'full-intra-request' }],
    ],
    [
      '81cd000300000007' + '00001234' + 'ffff8001',
      [{ type: 'nack', sequenceNumbers: [65535, 0, 15] }],
    ],
    ['81cb000100000007', [{ type: 'goodbye' }]],
    // For another source, of an unknown format, extended reports, application data.
    ['81ce000200000007' + '00001235', []],
    ['8fce000200000007' + '00001234', []],
    ['80cf000100000007', []],
    ['80cc000200000007' + '41424344', []],
  ])('%s', (hex, events) => {
    const { sender } = new SenderRun()
    const bytes = Buffer.concat([report({ ssrc: 8 }), fromHex(hex)])
    expect(sender.receive(new Uint8Array(bytes), 5)).toEqual(events)
  })

  test('a NACK is bounded', () => {
    const bytes = new Uint8Array(12 + 4 * 300).fill(0xff)
    bytes.set(fromHex('81cd012e0000000700001234'))
    const [event] = new SenderRun().sender.receive(bytes, 0)
    expect(event?.type === 'nack' && event.sequenceNumbers.length).toBeLessThan(540)
  })

  test('with a key: what is protected counts, what is not, or was there before, does not', () => {
    const sender: RtpSender = new SenderRun({ srtp: key, peerSrtp: peerKey }).sender
    const plain = report()
    const bytes = new Uint8Array(plain.length + 14)
    bytes.set(plain)
    new SrtpSender(peerKey).protectRtcp(bytes, plain.length)
    expect(sender.receive(plain.slice(), 1)).toEqual([{ type: 'refused', why: 'authentication' }])
    expect(sender.statistics.lastRtcpAt).toBeUndefined()
    expect(sender.receive(bytes.slice(), 2)).toMatchObject([{ type: 'reception-report' }])
    expect(sender.receive(bytes.slice(), 3)).toEqual([{ type: 'refused', why: 'replayed' }])
    expect(sender.statistics.lastRtcpAt).toBe(2)
  })

  test('sound in the other direction, and bytes that mean nothing', () => {
    const { sender } = new SenderRun()
    expect(sender.receive(fromHex('80600001000000020000000300'), 0)).toEqual([])
    expect(sender.receive(fromHex('80c9'), 0)).toEqual([{ type: 'refused', why: 'malformed' }])
  })
})

test('parameter sets may change', () => {
  const run = new SenderRun()
  run.sender.setParameterSets([Uint8Array.of(0x67, 9)])
  run.send(picture(0, 2000), 0).goTo(33)
  const [first] = rtpOf(run)
  expect(first && payload(first)).toBe('6709')
  expect([...lengthPrefixedNalUnits(lengthPrefixed(...sets), 4)].map(toHex)).toEqual(
    sets.map(toHex),
  )
})
