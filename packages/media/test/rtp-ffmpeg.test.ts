import { spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'

import {
  type Fragment,
  Fragmenter,
  initSegment,
  type MediaSample,
  type Movie,
  type MovieTrack,
  parseSps,
  readMovie,
  renderFragment,
} from '@hksv/fmp4'
import { lengthPrefixedPicture } from '@hksv/media'
import { rtpFormat } from '@hksv/media/rtp'
import { beforeAll, expect, test } from 'vitest'
import {
  ClipDirectory,
  decodeErrors,
  describeWithFfmpeg,
  frameHashes,
  h264,
  h265,
  pattern,
} from './support/ffmpeg.ts'
import { Collector, type Received, toHex } from './support/rtp-receive.ts'

const second = 90_000

/** Attributes of the only media of an SDP. */
function attributes(sdp: string): { payloadType: number; rtpmap: string; fmtp: string } {
  const [, payloadType = ''] = /^m=\w+ \d+ RTP\/AVP (\d+)/m.exec(sdp) ?? []
  const of = (name: string) =>
    new RegExp(`^a=${name}:${payloadType} (.*)$`, 'm').exec(sdp)?.[1] ?? ''
  return { payloadType: Number(payloadType), rtpmap: of('rtpmap').trim(), fmtp: of('fmtp').trim() }
}

/** Sends a track of a file through ffmpeg's RTP sender and a socket. @returns What the receiver made of it. */
async function through(
  path: string,
  track: 'v' | 'a',
  more: readonly string[] = [],
): Promise<Received> {
  const [rtp, rtcp] = await sockets()
  const packets: Uint8Array[] = []
  for (const socket of [rtp, rtcp])
    socket.on('message', bytes => packets.push(new Uint8Array(bytes)))
  const url = `rtp://127.0.0.1:${rtp.address().port}?rtcpport=${rtcp.address().port}&pkt_size=1200`
  // Five times as fast as it was made: the socket's buffer holds what comes at once.
  const pace = ['-readrate', '5']
  const input = ['-v', 'error', '-nostdin', ...pace, '-i', path, '-map', `0:${track}`]
  const child = spawn('ffmpeg', [...input, '-c', 'copy', ...more, '-f', 'rtp', url])
  let sdp = ''
  child.stdout.on('data', text => {
    sdp += text
  })
  await once(child, 'close')
  await drained(rtp, packets)
  rtp.close()
  rtcp.close()
  const collector = new Collector(rtpFormat(attributes(sdp)), { transport: 'udp' })
  collector.push(...packets)
  return collector.end()
}

async function sockets(): Promise<[Socket, Socket]> {
  const pair = [createSocket('udp4'), createSocket('udp4')] as const
  for (const socket of pair) {
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    socket.setRecvBufferSize(2 ** 22)
  }
  return [...pair]
}

/** Waits until what was sent before has come: a packet of our own is the last one. */
async function drained(socket: Socket, packets: Uint8Array[]): Promise<void> {
  const end = Buffer.from('the end of the stream')
  const sender = createSocket('udp4')
  const isEnd = () => toHex(packets.at(-1) ?? new Uint8Array()) === toHex(end)
  sender.send(end, socket.address().port, '127.0.0.1')
  while (!isEnd()) await once(socket, 'message')
  packets.pop()
  sender.close()
}

function trackOf({ tracks }: Movie, kind: 'video' | 'audio'): MovieTrack {
  const track = tracks.find(one => one.kind === kind)
  if (track === undefined) throw new Error(`no ${kind}`)
  return track
}

interface Expected {
  readonly hex: string
  readonly isSync: boolean
  /** When it is shown, in seconds after the first one. */
  readonly shownAt: number
}

/** What the samples of a file are. */
function samplesOf(path: string, kind: 'video' | 'audio'): Expected[] {
  const bytes = readFileSync(path)
  const { samples: table, timescale, avc, hevc } = trackOf(readMovie(bytes), kind)
  return Array.from({ length: table.count }, (_, i) => {
    const start = table.offsets[i] ?? 0
    const data = new Uint8Array(bytes.subarray(start, start + (table.sizes[i] ?? 0)))
    const codec = hevc === undefined ? 'h264' : 'h265'
    const picture =
      avc === undefined && hevc === undefined
        ? { data, isSync: true }
        : lengthPrefixedPicture(data, { codec, lengthSize: 4 })
    const shownAt = ((table.decodeTimes[i] ?? 0) + (table.compositionOffsets?.[i] ?? 0)) / timescale
    return {
      hex: toHex(picture?.data ?? new Uint8Array()),
      isSync: picture?.isSync ?? false,
      shownAt,
    }
  })
}

const relative = (times: readonly number[]) => times.map(time => time - (times[0] ?? 0))

/** Compares samples byte for byte, and times up to the rounding of both clocks. */
function compare({ samples, notes }: Received, expected: readonly Expected[], rate: number): void {
  expect(notes).toEqual([])
  expect(samples.map(({ data }) => toHex(data))).toEqual(expected.map(({ hex }) => hex))
  expect(samples.map(({ isSync }) => isSync)).toEqual(expected.map(({ isSync }) => isSync))
  const shown = samples.map(one => one.decodeTime + (one.compositionTimeOffset ?? 0))
  const wanted = relative(expected.map(({ shownAt }) => shownAt * rate))
  for (const [i, time] of relative(shown).entries())
    expect(Math.abs(time - (wanted[i] ?? 0))).toBeLessThanOrEqual(1)
}

describeWithFfmpeg('what ffmpeg sends', () => {
  const clips = new ClipDirectory()
  let plain = ''
  beforeAll(() => {
    plain = clips.make('plain.mp4', [...pattern(), ...h264(15), '-c:a', 'aac'])
  })

  test('H.264', async () => {
    const received = await through(plain, 'v')
    compare(received, samplesOf(plain, 'video'), second)
    // They are in the SDP: there are none among the pictures of this file.
    const { sps = [], pps = [] } = trackOf(readMovie(readFileSync(plain)), 'video').avc ?? {}
    const exact = (sets: readonly Uint8Array[]) => sets.map(nal => new Uint8Array(nal))
    expect(received.parameters).toEqual([{ codec: 'h264', sps: exact(sps), pps: exact(pps) }])
    expect(received.samples.some(sample => 'compositionTimeOffset' in sample)).toBe(false)
  })

  test('H.264 with B frames, several slices, delimiters and repeated headers', async () => {
    const x264 = ['-bf', '3', '-x264-params', 'slices=4:aud=1:repeat-headers=1:b-pyramid=normal']
    const path = clips.make('slices.mp4', [...pattern({ size: '320x240' }), ...h264(15), ...x264])
    const received = await through(path, 'v')
    const expected = samplesOf(path, 'video')
    compare(received, expected, second)
    // Decoded in order, each after the one before, and none after it is shown by more than the reordering.
    const times = received.samples.map(sample => sample.decodeTime)
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))).toBe(true)
    const sorted = expected.map(({ shownAt }) => shownAt * second).sort((a, b) => a - b)
    for (const [i, time] of relative(times).entries())
      expect(Math.abs(time - (sorted[i] ?? 0) + (sorted[0] ?? 0))).toBeLessThanOrEqual(1)
  })

  test('H.265', async () => {
    const path = clips.make('hevc.mp4', [...pattern({ size: '320x240' }), ...h265(15)])
    compare(await through(path, 'v'), samplesOf(path, 'video'), second)
  })

  test('H.265 with B frames and several slices', async () => {
    const x265 = h265(15, 'bframes=3:slices=2:repeat-headers=1:aud=1')
    const path = clips.make('hevc-b.mp4', [...pattern({ size: '320x240' }), ...x265])
    compare(await through(path, 'v'), samplesOf(path, 'video'), second)
  })

  test('AAC', async () => {
    const received = await through(plain, 'a')
    // The sender packs several frames into a packet, and at its end forgets the packet it has begun.
    const expected = samplesOf(plain, 'audio')
    const count = received.samples.length
    expect(count).toBeGreaterThan(expected.length - 6)
    compare(received, expected.slice(0, count), 32_000)
    expect(received.parameters).toMatchObject([
      { codec: 'aac', objectType: 2, sampleRate: 32_000, channels: 1, frameLength: 1024 },
    ])
    const times = relative(received.samples.map(sample => sample.decodeTime))
    expect(times).toEqual(times.map((_, i) => i * 1024))
  })

  test('is recorded: with B frames and sound, and every picture can be decoded', async () => {
    const made = [...pattern(), ...h264(15), '-bf', '2', '-c:a', 'aac']
    const path = clips.make('both.mp4', made)
    const [video, audio] = [await through(path, 'v'), await through(path, 'a')]
    const [avc] = video.parameters
    const [aac] = audio.parameters
    if (avc?.codec !== 'h264' || aac?.codec !== 'aac') throw new Error('no H.264, or no AAC')
    const { width, height } = parseSps(avc.sps[0] ?? new Uint8Array())
    const parts = [
      initSegment({
        video: { ...avc, codec: 'avc1', trackId: 1, timescale: second, width, height },
        audio: { ...aac, codec: 'mp4a', trackId: 2 },
      }),
    ]
    const fragmenter = new Fragmenter({
      video: { timescale: second },
      audio: aac,
      fragmentDurationMs: 1000,
    })
    const seconds = (sample: MediaSample) =>
      sample.decodeTime / (sample.track === 'video' ? second : aac.sampleRate)
    const samples = [...video.samples, ...audio.samples].sort((a, b) => seconds(a) - seconds(b))
    let sequenceNumber = 0
    const keep = (fragment: Fragment | undefined) => {
      if (fragment === undefined) return false
      const origin = { videoTime: 0 }
      parts.push(
        ...renderFragment(fragment, { sequenceNumber: ++sequenceNumber, origin, withAudio: true }),
      )
      return true
    }
    for (const sample of samples) keep(fragmenter.push(sample))
    while (keep(fragmenter.flush())) {
      // The last ones.
    }
    expect(sequenceNumber).toBe(3)
    const recording = clips.file('recording.mp4')
    writeFileSync(recording, Buffer.concat(parts))
    expect(decodeErrors(recording)).toBe('')
    expect(frameHashes(recording, 'v')).toEqual(frameHashes(path, 'v'))
  })

  test('AAC as LATM', async () => {
    const received = await through(plain, 'a', ['-rtpflags', 'latm'])
    compare(received, samplesOf(plain, 'audio'), 32_000)
  })
})
