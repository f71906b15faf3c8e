import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { type Fragment, Fragmenter, renderFragment } from '@hksv/fmp4'
import { LipSync, type RtpEvent, RtpReceiver, rtpFormat } from '@hksv/media/rtp'
import { expect, test } from 'vitest'

import { rtp } from './support/rtp-packetizer.ts'
import { h264 } from './support/rtp-streams.ts'

/** The timestamps of 48 kHz wrap after 24 h 51 min, and these began shortly before they do. */
const HOURS = 25
const VIDEO_RATE = 90_000
const AUDIO_RATE = 48_000
const FRAME_LENGTH = 1024
/** A picture a second, and a key frame every four: few, so that a day is over soon. */
const KEY_EVERY = 4
/** So many frames are in a packet, as far as there is a limit. */
const FRAMES = 16
const VIDEO_START = 0xffff_0000
const AUDIO_START = 0xffff_ff00
/** So much more may be kept at the end than after a quarter: 16 bytes a second would be more. */
const GROWTH = 2 ** 20

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function retained(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Sixteen frames of four bytes. @see RFC 3640 §3.2.1 */
const frames = new Uint8Array(2 + FRAMES * (2 + 4))
frames[1] = 0
new DataView(frames.buffer).setUint16(0, FRAMES * 16)
for (let i = 0; i < FRAMES; i++) new DataView(frames.buffer).setUint16(2 + 2 * i, 4 << 3)
frames.fill(0x21, 2 + 2 * FRAMES)

const keyFrame = h264.packing.aggregate([
  ...h264.sets,
  h264.slice('key', true, new Uint8Array(8).fill(1)),
])
const otherFrame = h264.slice('other', true, new Uint8Array(8).fill(1))

/** The base decode times in a `moof`, in the order of its tracks. @see ISO/IEC 14496-12 8.8.12 */
function baseDecodeTimes(fragment: Fragment): bigint[] {
  const parts = renderFragment(fragment, {
    sequenceNumber: 1,
    origin: { videoTime: 0 },
    withAudio: true,
  })
  const bytes = Buffer.concat(parts)
  const times: bigint[] = []
  for (let at = bytes.indexOf('tfdt'); at >= 0; at = bytes.indexOf('tfdt', at + 4))
    times.push(bytes.readBigUInt64BE(at + 8))
  return times
}

test('a day of packets: every time is exact, and nothing is kept', () => {
  const sync = new LipSync()
  const video = rtpFormat({
    payloadType: 96,
    rtpmap: 'H264/90000',
    fmtp: 'packetization-mode=1',
  })
  const audio = rtpFormat({
    payloadType: 97,
    rtpmap: 'MPEG4-GENERIC/48000/1',
    fmtp: 'mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1188',
  })
  if (video === undefined || audio === undefined) throw new Error('no format')
  const receivers = {
    video: new RtpReceiver({ format: video, transport: 'tcp', sync, ssrc: 1 }),
    audio: new RtpReceiver({ format: audio, transport: 'tcp', sync, ssrc: 2 }),
  }
  const fragmenter = new Fragmenter({
    video: { timescale: VIDEO_RATE },
    audio: { sampleRate: AUDIO_RATE, frameLength: FRAME_LENGTH },
  })
  let fragments = 0
  const wrong: string[] = []
  const note = (what: string) => {
    if (wrong.length < 10) wrong.push(`fragment ${fragments}: ${what}`)
  }
  const check = (fragment: Fragment) => {
    const [videoTime, audioTime = -1n] = baseDecodeTimes(fragment)
    const wanted = BigInt(fragments) * BigInt(KEY_EVERY * VIDEO_RATE)
    if (videoTime !== wanted) note(`video at ${videoTime} instead of ${wanted}`)
    // The frame that sounds when the first picture is shown, or the one after it.
    const shown = BigInt(fragments) * BigInt(KEY_EVERY * AUDIO_RATE)
    const isFrame = audioTime % BigInt(FRAME_LENGTH) === 0n
    const off = audioTime - shown
    if (!isFrame || off <= -FRAME_LENGTH || off >= FRAME_LENGTH) note(`audio at ${audioTime}`)
    fragments++
  }
  const take = (events: readonly RtpEvent[]) => {
    for (const event of events) {
      if (event.type === 'sample') {
        const fragment = fragmenter.push(event.sample)
        if (fragment !== undefined) check(fragment)
      } else if (event.type !== 'parameters') note(event.type)
    }
  }
  let afterQuarter = 0
  const seconds = HOURS * 3600
  for (let second = 0, packet = 0; second < seconds; second++) {
    const isKey = second % KEY_EVERY === 0
    const timestamp = VIDEO_START + second * VIDEO_RATE
    const fields = { sequenceNumber: second, timestamp, isMarker: true, ssrc: 7 }
    take(receivers.video.receive(rtp(fields, isKey ? keyFrame : otherFrame), second * 1000))
    // Sound of the second that begins.
    for (; packet * FRAMES * FRAME_LENGTH < (second + 1) * AUDIO_RATE; packet++) {
      const at = packet * FRAMES * FRAME_LENGTH
      const of = { payloadType: 97, sequenceNumber: packet, isMarker: true, ssrc: 8 }
      const bytes = rtp({ ...of, timestamp: AUDIO_START + at }, frames)
      take(receivers.audio.receive(bytes, (at * 1000) / AUDIO_RATE))
    }
    for (const receiver of [receivers.video, receivers.audio]) {
      if (second * 1000 >= (receiver.deadline() ?? Number.POSITIVE_INFINITY))
        take(receiver.tick(second * 1000))
      receiver.take()
    }
    if (second === Math.floor(seconds / 4)) afterQuarter = retained()
  }
  expect(wrong).toEqual([])
  expect(fragments).toBeGreaterThan(seconds / KEY_EVERY - 3)
  expect(BigInt(fragments * KEY_EVERY * VIDEO_RATE)).toBeGreaterThan(2n ** 32n)
  expect(retained() - afterQuarter).toBeLessThan(GROWTH)
}, 120_000)
