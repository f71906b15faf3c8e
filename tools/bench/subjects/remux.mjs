// The same H.264 and AAC-LC into fragments of four seconds, by ours and by others, all in this process
// but for ffmpeg, whose CPU is counted with ours.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

import { Fragmenter, initSegment, renderFragment } from '@hksv/fmp4'
import { AdtsReader, AnnexBReader } from '@hksv/media/bitstream'
import {
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  NullTarget,
  Output,
} from 'mediabunny'
import { createFile } from 'mp4box'
import muxjs from 'mux.js'

import { FRAGMENTS, readRemuxInput } from '../remux-input.mjs'
import { cpuMs, serve } from './serve.mjs'

/** As a file or a socket would hand them over. */
const PIECE = 64 * 1024
const FRAMES_PER_GROUP = 120
/** Over all of the input, in one measurement. */
const PASSES = 4

let directory
let input

function fragmenter(timescale) {
  return new Fragmenter({
    video: { timescale },
    audio: { sampleRate: input.audio.timescale, frameLength: 1024 },
    allocate: length => Buffer.allocUnsafeSlow(length),
  })
}

/** Counts fragments, and renders each as a recording would. */
class Sink {
  count = 0

  take(fragment) {
    if (fragment === undefined) return
    this.count++
    const { count: sequenceNumber } = this
    renderFragment(fragment, { sequenceNumber, origin: { videoTime: 0 }, withAudio: true })
  }

  flush(from) {
    for (let left = from.flush(); left !== undefined; left = from.flush()) this.take(left)
    return this.count
  }
}

/** From pictures and frames whose places and times are known. */
function fromNalUnits() {
  const target = fragmenter(input.video.timescale)
  const sink = new Sink()
  initSegment(tracks())
  for (const sample of input.samples) sink.take(target.push(sample))
  return sink.flush(target)
}

/** From byte streams, of which nothing is known but the rates. */
function fromAnnexB() {
  const target = fragmenter(30)
  const sink = new Sink()
  const video = new AnnexBReader({ codec: 'h264' })
  const audio = new AdtsReader()
  let pictures = 0
  let frames = 0
  const onPicture = ({ data, isSync }) =>
    sink.take(target.push({ track: 'video', decodeTime: pictures++, isSync, data }))
  const onFrame = ({ data }) =>
    sink.take(target.push({ track: 'audio', decodeTime: 1024 * frames++, isSync: true, data }))
  let heard = 0
  for (let at = 0; at < input.h264.length; at += PIECE) {
    video.push(input.h264.subarray(at, at + PIECE), onPicture)
    const due = Math.ceil(
      (input.adts.length * Math.min(at + PIECE, input.h264.length)) / input.h264.length,
    )
    audio.push(input.adts.subarray(heard, due), onFrame)
    heard = due
  }
  video.flush(onPicture)
  audio.flush(onFrame)
  initSegment(tracks())
  return sink.flush(target)
}

/** The bound: the samples of each fragment, joined. */
function copy() {
  let parts = []
  let count = 0
  const end = () => {
    Buffer.concat(parts)
    parts = []
    count++
  }
  for (const { track, isSync, data } of input.samples) {
    if (track === 'video' && isSync && parts.length > 0) end()
    parts.push(data)
  }
  end()
  return count
}

function tracks() {
  const { video, audio } = input
  const { sps, pps } = video.avc
  const { timescale, width, height } = video
  return {
    video: { codec: 'avc1', trackId: 1, timescale, width, height, sps, pps },
    audio: {
      codec: 'mp4a',
      trackId: 2,
      sampleRate: audio.timescale,
      channels: 1,
      audioSpecificConfig: audio.audioSpecificConfig,
    },
  }
}

/** From packets, as ours from NAL units. */
async function mediabunny() {
  let count = 0
  const format = new Mp4OutputFormat({
    fastStart: 'fragmented',
    minimumFragmentDuration: 3.9,
    onMdat: () => {
      count++
    },
  })
  const output = new Output({ format, target: new NullTarget() })
  const sources = {
    video: new EncodedVideoPacketSource('avc'),
    audio: new EncodedAudioPacketSource('aac'),
  }
  output.addVideoTrack(sources.video, { frameRate: 30 })
  output.addAudioTrack(sources.audio)
  await output.start()
  const meta = {
    video: {
      decoderConfig: {
        codec: 'avc1.640028',
        codedWidth: 1920,
        codedHeight: 1080,
        description: input.avcC,
      },
    },
    audio: {
      decoderConfig: {
        codec: 'mp4a.40.2',
        numberOfChannels: 1,
        sampleRate: input.audio.timescale,
        description: input.audio.audioSpecificConfig,
      },
    },
  }
  const duration = { video: 1 / 30, audio: 1024 / input.audio.timescale }
  for (const { track, seconds, isSync, data } of input.samples) {
    const packet = new EncodedPacket(data, isSync ? 'key' : 'delta', seconds, duration[track])
    await sources[track].add(packet, meta[track])
  }
  await output.finalize()
  return count
}

/** From an MP4 file; it cuts each track by itself. */
function mp4box() {
  const file = createFile()
  let count = 0
  file.onReady = info => {
    for (const { id } of info.tracks) {
      const isVideo = id === info.videoTracks[0].id
      const nbSamples = isVideo ? FRAMES_PER_GROUP : 125
      file.setSegmentOptions(id, isVideo, { nbSamples, rapAlignement: false })
    }
    file.initializeSegmentation()
    file.start()
  }
  file.onSegment = (_id, isVideo) => {
    if (isVideo) count++
  }
  for (let at = 0; at < input.mp4.length; at += PIECE) {
    const piece = input.mp4.buffer.slice(
      input.mp4.byteOffset + at,
      input.mp4.byteOffset + Math.min(at + PIECE, input.mp4.length),
    )
    piece.fileStart = at
    file.appendBuffer(piece)
  }
  file.flush()
  return count
}

/** From a transport stream; it cuts where it is told to. */
function muxJs() {
  const transmuxer = new muxjs.mp4.Transmuxer({ remux: true })
  let count = 0
  transmuxer.on('data', () => {
    count++
  })
  const pieces = FRAGMENTS
  const length = Math.ceil(input.ts.length / pieces / 188) * 188
  for (let at = 0; at < input.ts.length; at += length) {
    transmuxer.push(new Uint8Array(input.ts.subarray(at, at + length)))
    transmuxer.flush()
  }
  return count
}

/** From a transport stream, in a process of its own. @returns Its CPU in milliseconds. */
function ffmpegCpuMs() {
  const command =
    'TIMEFORMAT="%U %S"; time ffmpeg -v error -nostdin -i "$1" -c copy -bsf:a aac_adtstoasc ' +
    '-movflags empty_moov+default_base_moof+frag_keyframe -f mp4 pipe:1 > /dev/null'
  const path = join(directory, 'input.ts')
  const text = execFileSync('bash', ['-c', `{ ${command}; } 2>&1`, 'bash', path], {
    encoding: 'utf8',
  })
  const [user, system] = text.trim().split(' ').map(Number)
  return 1000 * (user + system)
}

/** @returns Milliseconds of CPU a fragment. */
function measured(work) {
  return async () => {
    const before = cpuMs()
    for (let pass = 0; pass < PASSES; pass++) {
      const count = await work()
      // Some cut the last one off, and none makes more than there are.
      if (Math.abs(count - FRAGMENTS) > 1) throw new Error(`${count} fragments, not ${FRAGMENTS}`)
    }
    return (cpuMs() - before) / (PASSES * FRAGMENTS)
  }
}

serve({
  async start({ path }) {
    directory = path
    input = await readRemuxInput(path)
  },
  nalUnits: measured(fromNalUnits),
  annexB: measured(fromAnnexB),
  copy: measured(copy),
  mediabunny: measured(mediabunny),
  mp4box: measured(mp4box),
  muxJs: measured(muxJs),
  ffmpeg: () => ffmpegCpuMs() / FRAGMENTS,
})
