import {
  type LiveFrame,
  LiveReceiver,
  type LiveRule,
  liveRules,
  RtpSender,
  SrtpReceiver,
  SrtpSender,
} from '@hksv/media/live'
import { isRtcp, type RtpEvent, type RtpFormat, rtpFormat } from '@hksv/media/rtp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { key, lengthPrefixed, peerKey, SenderRun, type Sent } from './support/live.ts'
import { fromHex, nalsOf, toHex } from './support/rtp-receive.ts'
import { h264 as avc, body, h265 as hevc, picture } from './support/rtp-streams.ts'

const h264: RtpFormat = {
  ...{ kind: 'video', codec: 'h264', payloadType: 99, clockRate: 90_000 },
  parameterSets: [],
}
const terms = { ipVersion: 4, ssrc: 7, peerSsrc: 0x1234, srtp: peerKey, peerSrtp: key } as const

class View {
  readonly receiver: LiveReceiver
  readonly events: RtpEvent[] = []
  readonly nals: string[][] = []
  readonly reports: Sent[] = []

  constructor(options: Partial<ConstructorParameters<typeof LiveReceiver>[0]> = {}) {
    this.receiver = new LiveReceiver({ format: h264, ...terms, ...options })
  }

  show(sent: readonly Sent[]): this {
    for (const { bytes, at } of sent) {
      for (let due = this.receiver.deadline(); due !== undefined && due < at; ) {
        this.#keep(this.receiver.tick(due), due)
        due = this.receiver.deadline()
      }
      this.#keep(this.receiver.receive(bytes.slice(), at), at)
    }
    return this
  }

  end(now: number): this {
    this.#keep(this.receiver.end(now), now)
    return this
  }

  get broken(): LiveRule[] {
    return this.receiver.findings().map(one => one.rule)
  }

  #keep(events: readonly RtpEvent[], at: number): void {
    for (const event of events) {
      this.events.push(event)
      if (event.type === 'sample') this.nals.push(nalsOf(event.sample))
    }
    for (let bytes = this.receiver.take(); bytes; bytes = this.receiver.take())
      this.reports.push({ bytes, at })
  }
}

/** Two seconds of pictures, the first of each second a key frame. */
function frames(count = 60, bytes = 3000): LiveFrame[] {
  return Array.from({ length: count }, (_, i) => {
    const isSync = i % 30 === 0
    const nal = new Uint8Array(bytes).fill(0x5a)
    nal.set([isSync ? 0x65 : 0x41, 0x88])
    return { decodeTime: i * 3000, isSync, data: lengthPrefixed(nal) }
  })
}

const options = { srtp: key, peerSrtp: peerKey, parameterSets: avc.sets }

function run(all = frames(), more = {}): SenderRun {
  const sender = new SenderRun({ ...options, ...more })
  for (const [i, frame] of all.entries()) sender.send(frame, (i * 1000) / 30)
  return sender.goTo((all.length * 1000) / 30)
}

describe('a stream as it should be', () => {
  const sender = run()
  const view = new View().show(sender.sent).end(2000)

  test('breaks no rule, and every picture arrives', () => {
    expect(view.receiver.findings()).toEqual([])
    expect(view.nals).toHaveLength(60)
    expect(view.receiver.statistics).toMatchObject({ lost: 0, ignored: 0, dropped: 0 })
  })

  test('is reported on at the negotiated interval, and the sender reads it', () => {
    expect(view.reports.length).toBeGreaterThanOrEqual(4)
    const events = view.reports.flatMap(({ bytes, at }) => sender.sender.receive(bytes, at))
    expect(events.map(one => one.type)).toEqual(events.map(() => 'reception-report'))
    expect(events).toHaveLength(view.reports.length)
    expect(events.at(-1)).toMatchObject({ report: { fractionLost: 0 }, roundTripMs: 0 })
  })

  test('is measured', () => {
    const { jitterMs, ...quality } = view.receiver.quality
    expect(quality).toMatchObject({ firstPacketAt: 0, senderReports: 5 })
    expect(jitterMs).toBeLessThan(5)
  })

  test('may pause', () => {
    const later = 20_000
    // What comes after a pause goes on with the timestamps of before.
    const shift = ({ bytes, at }: Sent) => ({ bytes, at: at < 1000 ? at : at + later })
    const paused = new View()
    paused.show(sender.sent.filter(({ at }) => at < 1000))
    paused.receiver.resumed(later + 1000)
    paused.show(sender.sent.map(shift).filter(({ at }) => at > later))
    expect(paused.broken).toEqual([])
    expect(new View().show(sender.sent.map(shift)).broken).toEqual([
      'sender-reports',
      'timestamp-paced',
    ])
  })

  test('a key frame can be asked for', () => {
    view.receiver.requestKeyFrame()
    expect(sender.sender.receive(view.receiver.take() ?? new Uint8Array(), 2000)).toEqual([
      { type: 'key-frame-wanted', why: 'picture-loss' },
    ])
  })

  test('without keys too', () => {
    const plain = new SenderRun({ parameterSets: options.parameterSets })
    for (const [i, frame] of frames().entries()) plain.send(frame, (i * 1000) / 30)
    const { ssrc, peerSsrc, ipVersion } = terms
    const receiver = new LiveReceiver({ format: h264, ssrc, peerSsrc, ipVersion })
    let count = 0
    for (const { bytes, at } of plain.sent)
      count += receiver.receive(bytes, at).filter(one => one.type === 'sample').length
    expect(receiver.findings()).toEqual([])
    expect(count).toBe(60)
  })
})

describe('sound', () => {
  const eld = 'mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=F8F0312C00BC00'
  const rows = [
    { codec: 'opus', rate: 16_000, rtpmap: 'opus/16000', fmtp: '', samples: 320, toc: 0x48 },
    { codec: 'opus', rate: 24_000, rtpmap: 'opus/24000', fmtp: '', samples: 1440, toc: 0x58 },
    {
      codec: 'aac-eld',
      rate: 16_000,
      rtpmap: 'MPEG4-GENERIC/16000',
      fmtp: eld,
      samples: 480,
      toc: 0,
    },
  ] as const
  test.each(rows)('$codec at $rate: $samples samples a packet', row => {
    const { codec, rate, rtpmap, fmtp, samples, toc } = row
    const format = rtpFormat({ payloadType: 110, rtpmap, fmtp })
    if (format === undefined) throw new Error('no format')
    const keys = { srtp: key, peerSrtp: peerKey }
    const sender = new SenderRun({ ...keys, codec, timescale: rate, payloadType: 110 })
    const frames = Array.from({ length: 50 }, (_, i) => Uint8Array.of(toc, i + 1, 7))
    for (const [i, data] of frames.entries())
      sender.send({ decodeTime: i * samples, data }, (i * samples * 1000) / rate)
    const view = new View({ format })
    const heard: { time: number; hex: string }[] = []
    for (const { bytes, at } of sender.sent)
      for (const event of view.receiver.receive(bytes, at))
        if (event.type === 'sample') {
          const { decodeTime, data } = event.sample
          heard.push({ time: decodeTime, hex: toHex(data) })
        }
    expect(heard).toEqual(frames.map((data, i) => ({ time: i * samples, hex: toHex(data) })))
    expect(view.receiver.findings()).toEqual([])
  })
})

test('who speaks and reports under one SSRC numbers both together', () => {
  const srtpSender = new SrtpSender(peerKey)
  const receiver = new LiveReceiver({ format: h264, ...terms, srtpSender })
  const random = (length: number) => new Uint8Array(length)
  const common = { codec: 'opus', payloadType: 110, timescale: 16_000, ipVersion: 4 } as const
  const speaker = new RtpSender({ ...common, ssrc: terms.ssrc, srtpSender, random })
  const camera = new SrtpReceiver(peerKey)
  const heard: string[] = []
  const hear = (bytes: Uint8Array | undefined) => {
    const isReport = bytes !== undefined && isRtcp(bytes)
    const plain = isReport ? camera.unprotectRtcp(bytes) : camera.unprotectRtp(bytes ?? random(0))
    heard.push(typeof plain === 'string' ? plain : isReport ? 'report' : 'sound')
  }
  speaker.send({ decodeTime: 0, data: Uint8Array.of(0x48, 1) }, 0)
  for (let bytes = speaker.take(0); bytes; bytes = speaker.take(0)) hear(bytes)
  receiver.requestKeyFrame()
  hear(receiver.take())
  speaker.tick(600)
  hear(speaker.take(600))
  expect(heard.toSorted()).toEqual(['report', 'report', 'report', 'sound'])
})

describe('each rule is found broken', () => {
  const sent = () => run().sent.map(one => ({ ...one, bytes: one.bytes.slice() }))
  const rtpOnly = ({ bytes }: Sent) => !isRtcp(bytes)
  const breaks: Readonly<Record<LiveRule, () => View>> = {
    'srtp-authentic': () => new View({ peerSrtp: peerKey }).show(sent()),
    'rtp-readable': () => {
      const { ssrc, peerSsrc, ipVersion } = terms
      const receiver = new LiveReceiver({ format: h264, ssrc, peerSsrc, ipVersion })
      const view = new View()
      receiver.receive(Uint8Array.of(1, 2, 3), 0)
      return Object.assign(view, { receiver })
    },
    'ssrc-announced': () => new View({ peerSsrc: 1 }).show(sent()),
    'payload-type-negotiated': () =>
      new View({ format: { ...h264, payloadType: 98 } }).show(sent()),
    'sequence-by-one': () => {
      const random = (length: number) => new Uint8Array(length).fill(1)
      return new View().show([...run(frames(), { random }).sent.slice(0, 9), ...sent()])
    },
    'no-loss': () => new View().show(sent().filter((_, i) => i !== 20)),
    'starts-in-time': () => {
      const view = new View()
      view.receiver.started(-501)
      return view.show(sent())
    },
    'starts-with-key-frame': () =>
      new View().show(sent().filter(({ at, bytes }) => at > 30 && !isRtcp(bytes))),
    'marker-ends-picture': () => {
      // Its second byte is authenticated: without keys the marker can be taken off.
      const { ssrc, peerSsrc, ipVersion } = terms
      const receiver = new LiveReceiver({ format: h264, ssrc, peerSsrc, ipVersion })
      for (const { bytes, at } of run(frames(), { srtp: undefined }).sent) {
        const copy = bytes.slice()
        if (!isRtcp(copy) && at > 200 && at < 300) copy[1] = 99
        receiver.receive(copy, at)
      }
      return Object.assign(new View(), { receiver })
    },
    'timestamp-forward': () => {
      // A sender keeps its times in order; one that begins anew, with lower ones, does not.
      const random = (length: number) => new Uint8Array(length).fill(1)
      return new View().show([...run(frames(), { random }).sent.slice(0, 9), ...sent()])
    },
    'timestamp-paced': () =>
      new View().show(run(frames().map(one => ({ ...one, decodeTime: 3 * one.decodeTime }))).sent),
    'datagram-in-mtu': () => new View({ mtu: 1000 }).show(sent()),
    'no-bursts': () => new View().show(sent().map(one => ({ ...one, at: 0 }))),
    'sender-reports': () => new View().show(sent().filter(rtpOnly)).end(2000),
    'parameter-sets-first': () => new View().show(run(frames(), { parameterSets: [] }).sent),
  }

  test.each(Object.keys(liveRules) as LiveRule[])('%s', rule => {
    expect(breaks[rule]().broken).toContain(rule)
  })
})

test.each([avc, hevc])('whatever the MTU, units sent are units that arrive: $codec', codec => {
  const { sets: parameterSets } = codec
  const format: RtpFormat = { ...h264, codec: codec.codec }
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.nat(0xffff)),
      fc.integer({ min: 100, max: 1500 }),
      (keys, choices, mtu) => {
        const pick = (count: number) => Number(choices.next().value) % count
        const wanted = [true, ...keys].map(isKey => {
          const { kept } = picture(codec, isKey, pick)
          const rest = body(pick, 4000)
          const large = Uint8Array.from([
            ...(kept.at(-1) ? fromHex(kept.at(-1) ?? '') : []),
            ...rest,
          ])
          return { isKey, nals: [...kept.slice(0, -1).map(fromHex), large] }
        })
        const all = wanted.map(({ isKey: isSync, nals }, i) => {
          return { decodeTime: i * 3000, isSync, data: lengthPrefixed(...nals) }
        })
        const sent = run(all, { mtu, codec: codec.codec, parameterSets }).end(2000).sent
        const view = new View({ mtu, format }).show(sent).end(2000)
        expect(view.nals).toEqual(wanted.map(({ nals }) => nals.map(toHex)))
        expect(view.broken.filter(rule => liveRules[rule].level === 'must')).toEqual([])
      },
    ),
    { numRuns: 60 },
  )
})
