// What is recorded in the benchmarks: 2 Mbit/s of video and sound, in groups of pictures that last
// four seconds. Nobody here looks into a picture, so they are noise.
import { randomFillSync } from 'node:crypto'

import { Fragmenter, initSegment, renderFragment } from '@hksv/fmp4'
import { openSource } from '@hksv/media'

const BYTES_PER_GROUP = 1_000_000
const PICTURES_PER_GROUP = 120
/** A key frame is as large as this many other pictures. */
const KEY_FRAME_WEIGHT = 8
const AUDIO_FRAME_BYTES = 250
const SECONDS_PER_GROUP = 4

/** Prepared media: `pool` holds the bytes of `groups` groups; later groups repeat them. */
export async function prepareMedia(groups) {
  const source = await openSource('sample')
  const { video, audio } = source.description
  await source[Symbol.asyncDispose]()
  const audioBytes =
    Math.ceil((SECONDS_PER_GROUP * audio.sampleRate) / audio.frameLength) * AUDIO_FRAME_BYTES
  const unit = Math.floor(
    (BYTES_PER_GROUP - audioBytes) / (PICTURES_PER_GROUP - 1 + KEY_FRAME_WEIGHT),
  )
  const pool = randomFillSync(Buffer.allocUnsafeSlow(groups * BYTES_PER_GROUP))
  return { description: { video, audio, name: 'prepared' }, pool, groups, unit }
}

/** The samples of the group with this number, both tracks interleaved, as views of the pool. */
export function* groupOf({ description, pool, groups, unit }, number) {
  const { video, audio } = description
  let at = (number % groups) * BYTES_PER_GROUP
  const next = length => {
    at += length
    return pool.subarray(at - length, at)
  }
  const audioTime = frame => (frame * audio.frameLength) / audio.sampleRate
  let frame = Math.ceil((number * SECONDS_PER_GROUP * audio.sampleRate) / audio.frameLength)
  for (let i = 0; i < PICTURES_PER_GROUP; i++) {
    const seconds = number * SECONDS_PER_GROUP + (i * SECONDS_PER_GROUP) / PICTURES_PER_GROUP
    const isSync = i === 0
    const data = next(isSync ? unit * KEY_FRAME_WEIGHT : unit)
    yield { track: 'video', decodeTime: Math.round(seconds * video.timescale), isSync, data }
    const end = seconds + SECONDS_PER_GROUP / PICTURES_PER_GROUP
    for (; audioTime(frame) < end; frame++) {
      const decodeTime = frame * audio.frameLength
      yield { track: 'audio', decodeTime, isSync: true, data: next(AUDIO_FRAME_BYTES) }
    }
  }
}

/** A Fragmenter as the camera makes it. */
export function fragmenterFor({ video, audio }) {
  return new Fragmenter({
    video: { timescale: video.timescale },
    audio: { sampleRate: audio.sampleRate, frameLength: audio.frameLength },
    allocate: length => Buffer.allocUnsafeSlow(length),
  })
}

/** One fragment of each group, as the prebuffer holds them. */
export function prepareFragments(media) {
  const fragmenter = fragmenterFor(media.description)
  const fragments = []
  for (let number = 0; fragments.length < media.groups; number++) {
    for (const sample of groupOf(media, number)) {
      const fragment = fragmenter.push(sample)
      if (fragment !== undefined) fragments.push(fragment)
    }
  }
  return fragments
}

/** What every recording begins with. */
export function initSegmentOf({ description: { video, audio } }) {
  return initSegment({
    video: { ...video, codec: 'avc1', trackId: 1 },
    audio: { ...audio, codec: 'mp4a', trackId: 2 },
  })
}

/** The init segment and the fragments of a recording, as bytes that are ready to be sent. */
export function renderRecording(media) {
  const fragments = prepareFragments(media).map((fragment, i) =>
    Buffer.concat(
      renderFragment(fragment, {
        sequenceNumber: i + 1,
        origin: { videoTime: 0 },
        withAudio: true,
      }),
    ),
  )
  return { init: Buffer.from(initSegmentOf(media)), fragments }
}
