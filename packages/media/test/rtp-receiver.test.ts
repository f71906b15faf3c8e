import { parseRtcp, parseRtpPacket, RtpReceiver } from '@hksv/media/rtp'
import { describe, expect, test } from 'vitest'
import { rtp } from './support/rtp-packetizer.ts'
import { Collector, fromHex, nalsOf, toHex } from './support/rtp-receive.ts'
import { hexes, idr, join, Script, script, sdp, slice } from './support/rtp-script.ts'
import { formatOf, h264 } from './support/rtp-streams.ts'

const format = formatOf(h264, sdp)
const udp = () => new Collector(format, { transport: 'udp' })
const tcp = () => new Collector(format)

/** A key picture and four others, a packet each. */
const five = (made = script()) =>
  [1, 2, 3, 4].reduce((all, picture) => all.add(picture, slice, 'mark'), made.add(0, idr, 'mark'))

describe('over UDP', () => {
  test('the first packets wait, as nobody knows which one is first', () => {
    const [first, second, third] = five().packets
    const collector = udp().push(second, first)
    expect(collector.received.story).toEqual([])
    collector.goTo(100)
    expect(collector.received.story).toEqual(['parameters', 'key', 'picture'])
    // From then on a packet in order waits no longer.
    expect(collector.push(third).received.story).toHaveLength(4)
  })

  test('a missing packet is waited for, but not for ever', () => {
    const [first, second, third, fourth, fifth] = five().packets
    const collector = udp().push(first).goTo(100).push(third)
    expect(collector.receiver.deadline()).toBe(200)
    expect(collector.received.samples).toHaveLength(1)
    collector.goTo(150).push(second)
    expect(collector.received.samples).toHaveLength(3)
    collector.push(fifth).goTo(249)
    expect(collector.received.samples).toHaveLength(3)
    collector.goTo(250)
    expect(collector.received.notes).toEqual(['loss 1', 'waiting loss'])
    // Too late now.
    const { ignored } = collector.receiver.statistics
    expect(collector.push(fourth).receiver.statistics.ignored).toBe(ignored + 1)
  })

  test('more packets than are kept end the wait', () => {
    const made = script().add(0, idr, 'mark').lose(1)
    for (let i = 2; i < 8; i++) made.add(i, slice, 'mark')
    const reorder = { maxPackets: 4, maxWaitMs: 100 }
    const [first, ...rest] = made.packets
    const collector = new Collector(format, { transport: 'udp', reorder }).push(first).goTo(100)
    expect(collector.push(...rest.slice(0, 4)).received.notes).toEqual([])
    expect(collector.push(rest[4]).received.notes).toEqual(['loss 1', 'waiting loss'])
  })

  test('a packet that is late by more than a hundred others is no jump', () => {
    const made = script()
    for (let i = 0; i < 152; i++) made.add(i, idr, 'mark')
    const [first, late, ...rest] = made.packets
    const collector = udp()
      .push(first)
      .goTo(100)
      .push(...rest, late)
    expect(collector.received.notes).toEqual([])
    expect(collector.received.samples).toHaveLength(152)
  })

  test('duplicates are dropped, in order, waiting and late', () => {
    const [first, second, third] = five().packets
    const collector = udp().push(first, first).goTo(100).push(first, third, third, second, third)
    expect(collector.received.samples.map(nalsOf)).toEqual(
      [idr, slice, slice].map(nal => hexes(nal)),
    )
    expect(collector.receiver.statistics).toMatchObject({ packets: 3, lost: 0, ignored: 4 })
  })

  test('a single packet from elsewhere changes nothing', () => {
    const [first, second, third] = five().packets
    const [stray] = script().add(0, idr, 'mark', 666).packets
    const collector = udp().push(first).goTo(100).push(stray, second, stray, third)
    expect(collector.received.story).toEqual(['parameters', 'key', 'picture', 'picture'])
  })

  test('another source that goes on is followed', () => {
    const collector = udp()
      .push(...five().packets)
      .goTo(100)
    const other = new Script(9, 77).add(0, slice, 'mark', 8).add(1, idr, 'mark', 8)
    collector.push(...other.packets).goTo(200)
    expect(collector.received.story.slice(-2)).toEqual(['restart ssrc', 'key'])
  })

  test('a jump of the sequence number counts when the next packet confirms it', () => {
    const collector = udp()
      .push(...five(new Script(1)).packets)
      .goTo(100)
    collector.push(...five(new Script(30_000, 15_000)).packets).goTo(200)
    expect(collector.received.notes).toEqual(['restart sequence'])
    // The first packet of the new sequence was the unconfirmed one: it held the key picture.
    expect(collector.received.samples).toHaveLength(5)
    expect(
      collector.push(...new Script(30_005, 30_000).add(0, idr, 'mark').packets).received.samples,
    ).toHaveLength(6)
  })
})

describe('over TCP', () => {
  test('nothing waits', () => {
    const { packets } = script().add(0, idr, 'mark').lose(1).add(2, idr, 'mark')
    const collector = tcp().push(...packets)
    expect(collector.received.story).toEqual(['parameters', 'key', 'loss 1', 'waiting loss', 'key'])
  })

  test('another source is followed at once', () => {
    const collector = tcp()
      .push(...five().packets)
      .goTo(1000)
    collector.push(...five(new Script(40_000, 5)).packets.map(withSource(8)))
    const { story, samples } = collector.received
    expect(story).toEqual([
      ...['parameters', 'key', 'picture', 'picture', 'picture', 'picture'],
      ...['restart ssrc', 'key', 'picture', 'picture', 'picture', 'picture'],
    ])
    // The time goes on by what has gone by since the last packet.
    expect(samples[5]?.decodeTime).toBe(4 * 3000 + 90_000)
  })

  test('a sequence that begins anew', () => {
    const collector = tcp().push(...five(new Script(20_000)).packets)
    collector.push(...five(new Script(5, 21_000)).packets)
    expect(collector.received.notes).toEqual(['restart sequence'])
    expect(collector.received.samples.map(sample => sample.decodeTime / 3000)).toEqual([
      0, 1, 2, 3, 4, 7, 8, 9, 10, 11,
    ])
  })
})

const withSource = (ssrc: number) => (packet: Uint8Array) => {
  const other = packet.slice()
  new DataView(other.buffer).setUint32(8, ssrc)
  return other
}

describe('packets', () => {
  test.each([
    ['cut in the header', '80e00001000000010000'],
    ['version 1', '40e000010000000100000007aabb'],
    ['CSRCs that are not there', '82e00001000000010000000711111111'],
    ['an extension that is not there', '90e000010000000100000007bede'],
    ['an extension behind the end', '90e000010000000100000007bede0002aaaaaaaa'],
    ['more padding than packet', 'a0e000010000000100000007aabbccff'],
    ['padding that does not count itself', 'a0e000010000000100000007aabbcc00'],
  ])('%s: refused, and ignored by a receiver', (_name, hex) => {
    expect(parseRtpPacket(fromHex(hex))).toBeUndefined()
    expect(tcp().push(fromHex(hex)).receiver.statistics).toMatchObject({ packets: 0, ignored: 1 })
  })

  test('all that a header can have', () => {
    const hex = 'b1e0fffe8000000190000002 11111111 bede0001cafecafe aabbcc 000003'.replaceAll(
      ' ',
      '',
    )
    const packet = parseRtpPacket(fromHex(hex))
    expect(packet).toMatchObject({
      ...{ payloadType: 96, isMarker: true, sequenceNumber: 0xfffe, timestamp: 0x80000001 },
      ssrc: 0x90000002,
    })
    const { bytes = fromHex(''), payloadStart, payloadEnd } = packet ?? {}
    expect(toHex(bytes.subarray(payloadStart, payloadEnd))).toBe('aabbcc')
  })

  test('of other payload types are ignored', () => {
    const other = rtp({ payloadType: 13, sequenceNumber: 1, timestamp: 0 }, idr)
    expect(tcp().push(other).receiver.statistics).toMatchObject({ packets: 0, ignored: 1 })
  })

  test('what is delivered belongs to the receiver again at the next call', () => {
    const [first, second] = five().packets
    const receiver = new RtpReceiver({ format: format ?? fail(), transport: 'tcp', ssrc: 1 })
    const views = [first, second].map(packet => {
      const event = receiver.receive(packet ?? fail(), 0).find(one => one.type === 'sample')
      return event?.type === 'sample' ? event.sample.data : undefined
    })
    expect(views.map(view => toHex(view ?? fail()).slice(8))).toEqual([toHex(idr), toHex(slice)])
    // Not of the packet: that may be used again at once.
    expect(views[1]?.buffer).not.toBe(second?.buffer)
  })
})

const fail = (): never => {
  throw new Error('missing')
}

describe('RTCP', () => {
  const report = fromHex('80c800063d526dfceeae16c94ed91687fc4d5bb400000064000012d1')
  const described = fromHex('81ca00043d526dfc0106686b73762d3100000000')
  const bye = fromHex('81cb00013d526dfc')

  test('a compound packet', () => {
    expect(parseRtcp(join(report, described, bye))).toEqual([
      {
        ...{
          type: 'sender-report',
          ssrc: 0x3d526dfc,
          ntpSeconds: 0xeeae16c9,
          ntpFraction: 0x4ed91687,
        },
        ...{ timestamp: 0xfc4d5bb4, packetCount: 100, octetCount: 0x12d1, blocks: [] },
      },
      { type: 'source-description', ssrc: 0x3d526dfc, cname: 'hksv-1' },
      { type: 'bye', ssrcs: [0x3d526dfc] },
    ])
  })

  test('cut anywhere: what is whole', () => {
    const whole = join(report, described, bye)
    for (let length = 0; length < whole.length; length++)
      expect(parseRtcp(whole.subarray(0, length)).length).toBe(
        [28, 48, 56].filter(end => end <= length).length,
      )
  })

  test('a clock that is set is no jitter', () => {
    const made = script().add(0, idr, 'mark').add(500_000, idr, 'mark')
    const { receiver } = tcp()
      .push(...made.packets)
      .goTo(0)
    const [first] = parseRtcp(receiver.take() ?? fail())
    expect(first).toMatchObject({ blocks: [{ jitter: 0 }] })
  })

  test('goodbye is told', () => {
    const [packet] = script().add(0, idr, 'mark', 0x3d526dfc).packets
    expect(tcp().push(bye, packet, bye).received.notes).toEqual(['bye'])
  })

  test('receiver reports: at once, and every 5 s', () => {
    const made = script()
    for (let i = 0; i < 10; i++) made.add(i, idr, 'mark', 0x3d526dfc)
    const collector = tcp().push(report)
    expect(collector.receiver.deadline()).toBeUndefined()
    collector.push(...made.packets.filter((_, i) => i % 5 !== 4)).push(report)
    expect(collector.receiver.deadline()).toBe(0)
    collector.goTo(0)
    const bytes = collector.receiver.take() ?? fail()
    expect(collector.receiver.take()).toBeUndefined()
    expect(parseRtcp(bytes)).toEqual([
      {
        ...{ type: 'receiver-report', ssrc: 1 },
        blocks: [
          {
            ...{ ssrc: 0x3d526dfc, fractionLost: Math.floor(256 / 9), cumulativeLost: 1 },
            // From 65,530 over the wrap to 2, the ninth; the tenth is missing too, which nobody knows yet.
            ...{ highestSequenceNumber: 0x10002, lastSenderReport: 0x16c94ed9 },
            ...{ jitter: expect.any(Number), delaySinceLastSenderReport: 0 },
          },
        ],
      },
      { type: 'source-description', ssrc: 1, cname: 'hksv' },
    ])
    expect(collector.receiver.deadline()).toBe(5000)
    collector.goTo(5000)
    const [second] = parseRtcp(collector.receiver.take() ?? fail())
    expect(second).toMatchObject({
      blocks: [{ fractionLost: 0, delaySinceLastSenderReport: 5 * 65_536 }],
    })
  })
})
