import { spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'

import {
  type Fragment,
  Fragmenter,
  initSegment,
  type MediaSample,
  parseHevcSps,
  parseSps,
  renderFragment,
} from '@hksv/fmp4'
import { rtpFormat } from '@hksv/media/rtp'

import { Collector, type Received, toHex } from './rtp-receive.ts'

const VIDEO_RATE = 90_000

/** Attributes of the only media of an SDP. */
function attributes(sdp: string): { payloadType: number; rtpmap: string; fmtp: string } {
  const [, payloadType = ''] = /^m=\w+ \d+ RTP\/AVP (\d+)/m.exec(sdp) ?? []
  const of = (name: string) =>
    new RegExp(`^a=${name}:${payloadType} (.*)$`, 'm').exec(sdp)?.[1] ?? ''
  return { payloadType: Number(payloadType), rtpmap: of('rtpmap').trim(), fmtp: of('fmtp').trim() }
}

/** Sends a track of a file through ffmpeg's RTP sender and a socket. @returns What the receiver made of it. */
export async function through(
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

/**
 * Sends both tracks of a file, and records what comes in fragments of a second or more.
 * @returns The number of fragments.
 */
export async function recordSent(path: string, recording: string): Promise<number> {
  const [video, audio] = [await through(path, 'v'), await through(path, 'a')]
  const [sets] = video.parameters
  const [aac] = audio.parameters
  if (aac?.codec !== 'aac' || (sets?.codec !== 'h264' && sets?.codec !== 'h265'))
    throw new Error('no video, or no AAC')
  const [sps = new Uint8Array()] = sets.sps
  const { width, height } = sets.codec === 'h264' ? parseSps(sps) : parseHevcSps(sps)
  const common = { trackId: 1, timescale: VIDEO_RATE, width, height }
  const parts = [
    initSegment({
      video:
        sets.codec === 'h264'
          ? { ...sets, ...common, codec: 'avc1' }
          : { ...sets, ...common, codec: 'hvc1' },
      audio: { ...aac, codec: 'mp4a', trackId: 2 },
    }),
  ]
  const fragmenter = new Fragmenter({
    video: { timescale: VIDEO_RATE },
    audio: aac,
    fragmentDurationMs: 1000,
  })
  const seconds = (sample: MediaSample) =>
    sample.decodeTime / (sample.track === 'video' ? VIDEO_RATE : aac.sampleRate)
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
  writeFileSync(recording, Buffer.concat(parts))
  return sequenceNumber
}
