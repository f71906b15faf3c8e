import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'

import { type MediaSample, type MovieTrack, readMovie } from '@hksv/fmp4'
import { lengthPrefixedPicture } from '@hksv/media'
import { parseRtpPacket, type RtpFormat } from '@hksv/media/rtp'
import { expect, test } from 'vitest'

import {
  ClipDirectory,
  describeWithFfmpeg,
  frameHashes,
  h264,
  h265,
  pattern,
} from './support/ffmpeg.ts'
import { key, SenderRun } from './support/live.ts'
import { Collector, nalsOf } from './support/rtp-receive.ts'

interface Clip {
  readonly codec: 'h264' | 'h265'
  readonly timescale: number
  readonly parameterSets: readonly Uint8Array[]
  readonly samples: readonly MediaSample[]
}

/** @returns The video of a file, as sources deliver it. */
function clipOf(path: string): Clip {
  const file = new Uint8Array(readFileSync(path))
  const track = readMovie(file).tracks.find((one: MovieTrack) => one.kind === 'video')
  if (track === undefined) throw new Error('no video')
  const { avc, hevc, samples: table, timescale } = track
  const codec = hevc === undefined ? 'h264' : 'h265'
  const samples = Array.from({ length: table.count }, (_, i): MediaSample => {
    const start = table.offsets[i] ?? 0
    const bytes = file.subarray(start, start + (table.sizes[i] ?? 0))
    const picture = lengthPrefixedPicture(bytes, { codec, lengthSize: 4 })
    if (picture === undefined) throw new Error('no picture')
    return { track: 'video', decodeTime: table.decodeTimes[i] ?? 0, ...picture }
  })
  const sets = avc ? [avc.sps, avc.pps] : hevc ? [hevc.vps, hevc.sps, hevc.pps] : []
  return { codec, timescale, parameterSets: sets.flat(), samples }
}

/** What our sender makes of it. */
function sentOf({ samples, ...clip }: Clip, srtp?: typeof key): Uint8Array[] {
  const run = new SenderRun({ ...clip, mtu: 1228, ...(srtp && { srtp }) })
  for (const sample of samples) run.send(sample, (sample.decodeTime * 1000) / clip.timescale)
  run.goTo(run.now + 100).end(run.now)
  return run.sent.map(({ bytes }) => bytes)
}

const localhost = '127.0.0.1'

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, localhost)
  await once(socket, 'listening')
  return socket
}

/** What ffmpeg's own RTP muxer makes of a file. */
async function sentByFfmpeg(path: string): Promise<Uint8Array[]> {
  const socket = await bound()
  const rtcp = await bound()
  socket.setRecvBufferSize(2 ** 22)
  const packets: Uint8Array[] = []
  const end = Buffer.from('the end')
  const isOver = new Promise<void>(resolve => {
    socket.on('message', bytes => {
      if (bytes.equals(end)) resolve()
      else packets.push(new Uint8Array(bytes))
    })
  })
  const url = `rtp://${localhost}:${socket.address().port}?rtcpport=${rtcp.address().port}&pkt_size=1200`
  const input = ['-v', 'error', '-nostdin', '-readrate', '5', '-i', path, '-map', '0:v']
  const output = ['-c', 'copy', '-payload_type', '99', '-f', 'rtp', url]
  await once(spawn('ffmpeg', [...input, ...output]), 'close')
  const last = createSocket('udp4')
  last.send(end, socket.address().port, localhost)
  await isOver
  for (const one of [socket, rtcp, last]) one.close()
  return packets
}

/** Decodes what comes at a port; once ffmpeg listens, `ready` is called. @returns Hashes of the pictures. */
async function decodedByFfmpeg(sdp: string, ready: () => void): Promise<string[]> {
  const input = ['-v', 'debug', '-nostdin', '-protocol_whitelist', 'file,udp,rtp,srtp', '-i', sdp]
  const output = ['-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framemd5', '-']
  const child: ChildProcess = spawn('ffmpeg', [...input, ...output])
  // It says the size of the buffer of each socket that it opens: those of RTP and of RTCP.
  let log = ''
  let isReady = false
  child.stderr?.on('data', chunk => {
    log += chunk
    if (isReady || log.split('receive buffer size').length < 3) return
    isReady = true
    ready()
  })
  const [hashes] = await Promise.all([child.stdout && text(child.stdout), once(child, 'close')])
  const lines = (hashes ?? '').split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return lines.map(line => line.split(',').at(-1)?.trim() ?? '')
}

describeWithFfmpeg('live streams and ffmpeg', () => {
  const clips = new ClipDirectory()
  const encoders = { h264: h264(15, '-sc_threshold', '0'), h265: h265(15) }

  test.each(['h264', 'h265'] as const)(
    'our packets say what those of its muxer say: %s',
    async codec => {
      const input = pattern({ seconds: 2, size: '320x240' })
      const path = clips.make(`${codec}.mp4`, [...input, ...encoders[codec], '-an'])
      const clip = clipOf(path)
      const format: RtpFormat = {
        ...{ kind: 'video', codec, payloadType: 99, clockRate: 90_000 },
        parameterSets: clip.parameterSets,
      }
      const read = (packets: readonly Uint8Array[]) => {
        const { samples, notes } = new Collector(format).push(...packets).end()
        const [first] = samples
        const pictures = samples.map(sample => ({
          nals: nalsOf(sample),
          time: sample.decodeTime - (first?.decodeTime ?? 0),
        }))
        const marks = packets.flatMap(bytes => {
          const packet = parseRtpPacket(bytes)
          return packet?.payloadType === 99 && packet.isMarker ? [packet.timestamp] : []
        })
        const marked = marks.map(timestamp => (timestamp - (marks[0] ?? 0)) >>> 0)
        return { pictures, marked, notes: notes.filter(note => note !== 'bye') }
      }
      const ours = read(sentOf(clip))
      expect(ours.pictures).toHaveLength(30)
      expect(ours).toEqual(read(await sentByFfmpeg(path)))
    },
  )

  test('it decodes our SRTP to the pictures of the source', async () => {
    const path = clips.make('srtp.mp4', [...pattern({ size: '320x240' }), ...encoders.h264, '-an'])
    const packets = sentOf(clipOf(path), key)
    const probe = await bound()
    const { port } = probe.address()
    probe.close()
    await once(probe, 'close')
    const secret = Buffer.concat([key.key, key.salt]).toString('base64')
    const sdp = clips.file('srtp.sdp')
    const lines = [
      ...['v=0', `o=- 0 0 IN IP4 ${localhost}`, 's=-', `c=IN IP4 ${localhost}`, 't=0 0'],
      ...[
        `m=video ${port} RTP/SAVP 99`,
        'a=rtpmap:99 H264/90000',
        'a=fmtp:99 packetization-mode=1',
      ],
      `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${secret}`,
    ]
    writeFileSync(sdp, `${lines.join('\r\n')}\r\n`)
    const socket = createSocket('udp4')
    const hashes = await decodedByFfmpeg(sdp, () => {
      for (const bytes of packets) socket.send(bytes, port, localhost)
    })
    socket.close()
    expect(hashes).toHaveLength(45)
    expect(hashes).toEqual(frameHashes(path, 'v'))
  })
})
