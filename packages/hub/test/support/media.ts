import {
  type AudioTrack,
  Fragmenter,
  initSegment,
  type MediaSample,
  renderFragment,
  type VideoTrack,
} from '@hksv/fmp4'

const FRAME_LENGTH = 1024

const video: VideoTrack = {
  codec: 'avc1',
  trackId: 1,
  timescale: 90_000,
  width: 1920,
  height: 1080,
  sps: [
    hex(
      '674d00299a6403c0113f2e02dc04040500000303e80000bb80e860030b0000c2b4bbcb8d0c006160001856977970a0',
    ),
  ],
  pps: [hex('68ee3c80')],
}

const audio: AudioTrack = {
  codec: 'mp4a',
  trackId: 2,
  sampleRate: 32_000,
  channels: 1,
  audioSpecificConfig: hex('1288'),
}

/** A recording as a camera sends it. */
export interface Media {
  readonly init: Uint8Array
  /** Of 4 s and 120 pictures each. */
  readonly fragments: readonly Uint8Array[]
}

/**
 * Makes a recording of regular pictures and sound.
 *
 * @param options.startSeconds What the first decode time is; cameras do not all begin with 0.
 * @param options.pictureLength Bytes of each picture.
 */
export function recordingOf(
  count: number,
  options: { startSeconds?: number; pictureLength?: number } = {},
): Media {
  const { startSeconds = 0, pictureLength = 40 } = options
  const fragmenter = new Fragmenter({
    video: { timescale: video.timescale },
    audio: { sampleRate: audio.sampleRate, frameLength: FRAME_LENGTH },
  })
  const fragments: Uint8Array[] = []
  for (const sample of samples(count * 4 + 2, pictureLength)) {
    const fragment = fragmenter.push(sample)
    if (fragment === undefined || fragments.length === count) continue
    const parts = renderFragment(fragment, {
      sequenceNumber: fragments.length + 1,
      origin: { videoTime: -startSeconds * video.timescale },
      withAudio: true,
    })
    fragments.push(new Uint8Array(Buffer.concat(parts)))
  }
  return { init: initSegment({ video, audio }), fragments }
}

function samples(seconds: number, pictureLength: number): MediaSample[] {
  const list: { at: number; sample: MediaSample }[] = []
  for (let i = 0; i < seconds * 30; i++) {
    const isSync = i % 120 === 0
    const data = new Uint8Array(4 + pictureLength).fill(1 + (i % 200))
    new DataView(data.buffer).setUint32(0, pictureLength)
    data[4] = isSync ? 0x65 : 0x41
    data[3 + pictureLength] = 0x80
    list.push({ at: i / 30, sample: { track: 'video', decodeTime: i * 3000, isSync, data } })
  }
  for (let i = 0; i * FRAME_LENGTH < seconds * audio.sampleRate; i++) {
    const data = Uint8Array.of(0x01, i & 0xff, i >> 8, 0x55)
    const decodeTime = i * FRAME_LENGTH
    const at = decodeTime / audio.sampleRate
    list.push({ at, sample: { track: 'audio', decodeTime, isSync: true, data } })
  }
  return list.toSorted((a, b) => a.at - b.at).map(({ sample }) => sample)
}

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}
