import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { boxTree, type MovieTrack, readMovie, writeAudioSpecificConfig } from '@hksv/fmp4'
import { type LiveChoice, LiveMovie, type LivePicture, type LiveSound } from '@hksv/hub'
import { expect, test } from 'vitest'

import { parameterSets } from './support/live-camera.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const [sps = new Uint8Array(0), pps = new Uint8Array(0)] = parameterSets
const first = { codec: 'h264', sps: [sps], pps: [pps] } as const
const opus: LiveChoice['audio'] = { codec: 'opus', sampleRate: 24_000, packetTimeMs: 20 }

/** A picture of 25 a second, a key frame every second. */
function picture(number: number, more: Partial<LivePicture> = {}): LivePicture {
  const data = Uint8Array.of(0, 0, 0, 4, number % 25 === 0 ? 0x65 : 0x41, 0x88, number, 0x80)
  const common = { track: 'video', decodeTime: number * 3600, isSync: number % 25 === 0 } as const
  return { ...common, data, parameters: first, ...more }
}

function sound(number: number, parameters: LiveSound['parameters'], length: number): LiveSound {
  const data = Uint8Array.of(0x58, number, 7)
  return { track: 'audio', decodeTime: number * length, data, parameters }
}

async function movie(choice: Pick<LiveChoice, 'audio'>) {
  const path = join(temporaryDirectory(), 'live.mp4')
  return { path, movie: await LiveMovie.create(path, choice) }
}

function tracksOf(path: string): { bytes: Uint8Array; tracks: MovieTrack[] } {
  const bytes = new Uint8Array(readFileSync(path))
  return { bytes, tracks: [...readMovie(bytes).tracks] }
}

const samplesOf = (bytes: Uint8Array, track: MovieTrack | undefined) => {
  const { offsets = [], sizes = [] } = track?.samples ?? {}
  return [...offsets].map((at, i) => bytes.subarray(at, at + (sizes[i] ?? 0)))
}

test('pictures and Opus go into fragments as they come', async () => {
  const { path, movie: made } = await movie({ audio: opus })
  const heard = { codec: 'opus', sampleRate: 24_000, channels: 1 } as const
  for (let i = 0; i < 120; i++) {
    await made.write(picture(i))
    for (const j of [2 * i, 2 * i + 1]) await made.write(sound(j, heard, 480))
  }
  // What came before the last two seconds is on the disk, under its name.
  const { size } = boxTree(new Uint8Array(readFileSync(path))).at(-1) ?? {}
  expect(size).toBeGreaterThan(0)
  expect(made.durationMs).toBe(4000)
  expect(await made.finish()).toBe(true)
  expect(made.hasSound).toBe(true)
  const { bytes, tracks } = tracksOf(path)
  expect(tracks).toMatchObject([
    { codec: 'avc1', timescale: 90_000, width: 1280, height: 720 },
    { codec: 'Opus', timescale: 48_000 },
  ])
  const pictures = samplesOf(bytes, tracks[0])
  expect(pictures).toEqual(Array.from({ length: 120 }, (_, i) => picture(i).data))
  expect([...(tracks[0]?.samples?.decodeTimes ?? [])].slice(0, 3)).toEqual([0, 3600, 7200])
})

test('sound that never comes keeps nothing waiting longer than two fragments', async () => {
  const { path, movie: made } = await movie({ audio: opus })
  for (let i = 0; i < 101; i++) await made.write(picture(i))
  expect(made.bytes).toBeGreaterThan(0)
  await made.finish()
  expect(tracksOf(path).tracks.map(({ codec }) => codec)).toEqual(['avc1'])
})

test('a short view is written at its end, and one without pictures leaves no file', async () => {
  const short = await movie({ audio: opus })
  for (let i = 0; i < 5; i++) await short.movie.write(picture(i))
  expect(await short.movie.finish()).toBe(true)
  expect(samplesOf(readFileSync(short.path), tracksOf(short.path).tracks[0])).toHaveLength(5)
  const empty = await movie({})
  await empty.movie.write(picture(1))
  expect(await empty.movie.finish()).toBe(false)
  expect(existsSync(empty.path)).toBe(false)
})

test('AAC-ELD is timed as it was negotiated', async () => {
  const config = { objectType: 39, sampleRate: 16_000, channels: 1, frameLength: 480 } as const
  const audioSpecificConfig = writeAudioSpecificConfig(config)
  const heard = { codec: 'aac', ...config, audioSpecificConfig } as const
  const audio = { codec: 'aac-eld', sampleRate: 16_000, packetTimeMs: 30 } as const
  const { path, movie: made } = await movie({ audio })
  for (let i = 0; i < 80; i++) {
    await made.write(picture(i))
    await made.write(sound(i, heard, 480))
  }
  await made.finish()
  const { bytes, tracks } = tracksOf(path)
  expect(tracks[1]).toMatchObject({ codec: 'mp4a', timescale: 16_000, audioSpecificConfig })
  expect(samplesOf(bytes, tracks[1])[3]).toEqual(Uint8Array.of(0x58, 3, 7))
})

test('another size brings its parameter sets along in its key frames', async () => {
  const { path, movie: made } = await movie({})
  const parameters = { ...first, pps: [Uint8Array.of(0x68, 1, 2)] }
  for (let i = 0; i < 25; i++) await made.write(picture(i))
  for (let i = 25; i < 30; i++) await made.write(picture(i, { parameters }))
  await made.finish()
  const { bytes, tracks } = tracksOf(path)
  const written = samplesOf(bytes, tracks[0])
  expect(written[24]).toEqual(picture(24).data)
  const head = [0, 0, 0, sps.length, ...sps, 0, 0, 0, 3, 0x68, 1, 2]
  expect(written[25]).toEqual(Uint8Array.from([...head, ...picture(25).data]))
  expect(written[26]).toEqual(picture(26).data)
})

test('a path that cannot be written is told of before anything is asked of a camera', async () => {
  const path = join(temporaryDirectory(), 'no', 'live.mp4')
  await expect(LiveMovie.create(path, {})).rejects.toMatchObject({ code: 'HUB_CLIP_UNWRITABLE' })
})
