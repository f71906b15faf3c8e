import {
  type LiveAudioFrame,
  type MediaSource,
  type SourceDescription,
  type SourceSample,
  systemClock,
} from '@hksv/media'
import { expect, onTestFinished, test } from 'vitest'

import { SourceReader } from '../src/camera/source-reader.ts'
import { LiveSound } from '../src/live-audio/live-sound.ts'
import { Mailbox } from './client.ts'
import { HandSource } from './support/hand-source.ts'
import { settled } from './support/virtual-hub.ts'

const opus = { codec: 'opus', sampleRate: 48_000, channels: 2 } as const
const format = { codec: 'opus', sampleRate: 16_000, packetTimeMs: 20 } as const
const wanted = undefined
/** One frame of 20 ms of CELT, and two bytes that tell it from others. */
const packet = (number: number) => Uint8Array.of(31 << 3, number, 1)

/** A source whose samples a test hands out. */
async function heard(sound: Pick<SourceDescription, 'audio' | 'liveAudio'>) {
  const video = await HandSource.open()
  const description: SourceDescription = { ...video.description, ...sound }
  const readings = new Mailbox<Mailbox<SourceSample | 'end'>>()
  let reads = 0
  const source: MediaSource = {
    description,
    warnings: [],
    samples() {
      throw new Error('not all samples')
    },
    async *allSamples(signal: AbortSignal) {
      reads++
      const samples = new Mailbox<SourceSample | 'end'>()
      readings.push(samples)
      signal.addEventListener('abort', () => samples.push('end'))
      for (;;) {
        const sample = await samples.next()
        if (sample === 'end') return
        yield sample
      }
    },
    snapshot: () => Promise.reject(new Error('no pictures')),
    [Symbol.asyncDispose]: async () => undefined,
  }
  const said: string[] = []
  const say = (_: unknown, sentence = String(_)) => void said.push(sentence)
  const log = { debug() {}, info: say, warn: say, error: say }
  /** Nothing is waited for. */
  const clock = { now: systemClock.now, sleepUntil: async () => undefined }
  const reader = new SourceReader({ source, log, clock, failed: () => undefined })
  const live = new LiveSound({ reader, ffmpeg: '/nowhere/ffmpeg', clock, log })
  onTestFinished(async () => {
    await live.close()
    await reader.close()
  })
  return { live, readings, said, reads: () => reads }
}

const liveAudio = (decodeTime: number, number: number): SourceSample => ({
  track: 'live-audio',
  decodeTime,
  isSync: true,
  data: packet(number),
})

function ear() {
  const frames: LiveAudioFrame[] = []
  return { frames, hear: (frame: LiveAudioFrame) => void frames.push(frame) }
}

test('viewers of one format hear the same, which is made once', async () => {
  const { live, readings, reads } = await heard({ liveAudio: opus })
  const [one, two] = [ear(), ear()]
  const stopOne = live.listen({ format, wanted }, one.hear)
  const stopTwo = live.listen({ format, wanted }, two.hear)
  const samples = await readings.next()
  samples.push(liveAudio(48_000, 1))
  await settled()
  stopOne()
  samples.push(liveAudio(48_960, 2))
  await settled()
  stopTwo()
  expect(one.frames).toEqual([{ decodeTime: 16_000, data: packet(1) }])
  expect(two.frames.map(({ decodeTime }) => decodeTime)).toEqual([16_000, 16_320])
  expect(two.frames[0]?.data).toBe(one.frames[0]?.data)
  expect(reads()).toBe(1)
})

test('the source is let go with the last viewer, and read anew for the next', async () => {
  const { live, readings, reads } = await heard({ liveAudio: opus })
  const stop = live.listen({ format, wanted }, () => undefined)
  await readings.next()
  stop()
  const { frames, hear } = ear()
  live.listen({ format, wanted }, hear)
  const samples = await readings.next()
  samples.push(liveAudio(0, 1))
  await settled()
  expect(frames).toHaveLength(1)
  expect(reads()).toBe(2)
})

test('formats are heard side by side', async () => {
  const { live, readings } = await heard({ liveAudio: opus })
  const [short, long] = [ear(), ear()]
  live.listen({ format, wanted }, short.hear)
  live.listen({ format: { ...format, packetTimeMs: 60 }, wanted }, long.hear)
  const samples = await readings.next()
  for (let i = 0; i < 6; i++) samples.push(liveAudio(960 * i, i))
  await settled()
  expect(short.frames).toHaveLength(6)
  expect(long.frames.map(({ decodeTime }) => decodeTime)).toEqual([0, 960])
})

test('what begins anew is heard from its own beginning', async () => {
  const { live, readings } = await heard({ liveAudio: opus })
  const { frames, hear } = ear()
  live.listen({ format, wanted }, hear)
  const samples = await readings.next()
  samples.push(liveAudio(96_000, 1))
  samples.push('end')
  const again = await readings.next()
  again.push(liveAudio(0, 2))
  await settled()
  expect(frames.map(({ decodeTime }) => decodeTime)).toEqual([32_000, 0])
})

test('a camera that has nothing but silence is silent, and the log says so once', async () => {
  const config = {
    audioSpecificConfig: new Uint8Array(2),
    frameLength: 1024,
    isSilence: true,
  } as const
  const audio = { codec: 'aac-lc', sampleRate: 32_000, channels: 1, ...config } as const
  const { live, readings, said } = await heard({ audio })
  const { frames, hear } = ear()
  live.listen({ format, wanted }, hear)
  const samples = await readings.next()
  samples.push({ track: 'audio', decodeTime: 0, isSync: true, data: new Uint8Array(4) })
  await settled()
  expect(frames).toEqual([])
  expect(said).toEqual(['The camera has no sound that a live view could have.'])
})

test('sound that nobody can encode is told of in one sentence', async () => {
  const { live, readings, said } = await heard({
    liveAudio: { codec: 'pcmu', sampleRate: 8000, channels: 1 },
  })
  const eld = { codec: 'aac-eld', sampleRate: 16_000, packetTimeMs: 30 } as const
  live.listen({ format: eld, wanted }, () => undefined)
  await readings.next()
  expect(said.filter(sentence => sentence.includes('sound'))).toEqual([
    'the live view has no sound (pcmu at 8000 Hz does not become aac-eld); install ffmpeg with libopus, or let the camera send AAC, G.711 or Opus',
  ])
})
