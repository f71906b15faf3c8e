import {
  type AudioTrack,
  type Fragment,
  initSegment,
  type MediaSample,
  renderFragment,
  type VideoTrack,
} from '@hksv/fmp4'

import { fromHex } from './vectors.ts'

/** 1920x1080, without bitstream restriction. */
export const video: VideoTrack = {
  codec: 'avc1',
  trackId: 1,
  timescale: 90_000,
  width: 1920,
  height: 1080,
  sps: [
    fromHex(
      '674d00299a6403c0113f2e02dc04040500000303e80000bb80e860030b0000c2b4bbcb8d0c006160001856977970a0',
    ),
  ],
  pps: [fromHex('68ee3c80')],
}

export const audio: AudioTrack = {
  codec: 'mp4a',
  trackId: 2,
  sampleRate: 32_000,
  channels: 1,
  audioSpecificConfig: fromHex('1288'),
}

export const frameLength = 1024

/** @returns A picture of one slice; the bytes differ from number to number and never look like a start code. */
export function picture(
  decodeTime: number,
  { isSync = false, length = 40, number = 0, compositionTimeOffset = 0 } = {},
): MediaSample {
  const data = new Uint8Array(4 + length).fill(1 + (number % 200))
  new DataView(data.buffer).setUint32(0, length)
  data[4] = isSync ? 0x65 : 0x41
  if (length > 3) new DataView(data.buffer).setUint16(5, (number % 0x7fff) | 0x8080)
  data[3 + length] = 0x80
  return { track: 'video', decodeTime, compositionTimeOffset, isSync, data }
}

/** @returns An AAC frame that is none, but looks different from number to number. */
export function aacFrame(decodeTime: number, number = 0): MediaSample {
  const data = Uint8Array.of(0x01, number & 0xff, (number >> 8) & 0xff, 0x55)
  return { track: 'audio', decodeTime, isSync: true, data }
}

/** @returns A regular stream: 30 pictures a second, a key frame every `gop`, and audio; in order of time. */
export function regularStream(
  seconds: number,
  { gop = 120, withAudio = true } = {},
): MediaSample[] {
  const samples: MediaSample[] = []
  for (let i = 0; i < seconds * 30; i++)
    samples.push(picture(i * 3000, { isSync: i % gop === 0, number: i }))
  if (withAudio)
    for (let i = 0; i * frameLength < seconds * 32_000; i++)
      samples.push(aacFrame(i * frameLength, i))
  return samples.toSorted((a, b) => seconds_(a) - seconds_(b))
}

const seconds_ = (sample: MediaSample) =>
  sample.decodeTime / (sample.track === 'video' ? 90_000 : 32_000)

/** @returns The init segment and the fragments as a recording sends them. */
export function render(
  fragments: readonly Fragment[],
  { withAudio = true } = {},
): { init: Uint8Array; fragments: Uint8Array[] } {
  const videoTime = fragments[0]?.video.decodeTime ?? 0
  return {
    init: initSegment(withAudio ? { video, audio } : { video }),
    fragments: fragments.map((fragment, i) =>
      join(renderFragment(fragment, { sequenceNumber: i + 1, origin: { videoTime }, withAudio })),
    ),
  }
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
