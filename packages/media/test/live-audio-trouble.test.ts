import type { SourceAudio } from '@hksv/media'
import { expect, test } from 'vitest'

import { describeWithFfmpeg } from './support/ffmpeg.ts'
import { Listener } from './support/live-audio.ts'
import { amplitude, childrenNamed, decodeOpus, g711Tone } from './support/tone.ts'

const pcmu: SourceAudio = { codec: 'pcmu', sampleRate: 8000, channels: 1 }
/** Samples of 20 ms. */
const packet = 160
/** ffmpeg and its pages keep no more than this. */
const inFlight = 5

/** @returns How loud 1 kHz is in each 20 ms. */
function levels(packets: readonly Uint8Array[]): number[] {
  const samples = decodeOpus(packets)
  return Array.from({ length: Math.floor(samples.length / 960) }, (_, i) =>
    amplitude(samples.subarray(960 * i, 960 * (i + 1)), 1000),
  )
}

describeWithFfmpeg('live audio of a source in trouble', () => {
  const tone = g711Tone('pcmu', { seconds: 3 })

  test('a small gap is silence', async () => {
    await using listener = new Listener({ from: pcmu })
    const next = listener.play(tone.slice(0, 50), packet)
    // Ten packets are lost.
    listener.play(tone.slice(60, 110), packet, next + 10 * packet)
    await listener.until(({ frames }) => frames.length >= 110 - inFlight)
    expect(listener.steps).toEqual([320])
    const heard = levels(listener.packets)
    expect(Math.max(...heard.slice(52, 58))).toBeLessThan(0.01)
    expect(Math.min(...heard.slice(10, 49), ...heard.slice(62, 100))).toBeGreaterThan(0.2)
  })

  test('after a pause the times go on where the source does, packet by packet', async () => {
    await using listener = new Listener({ from: pcmu })
    const next = listener.play(tone.slice(0, 50), packet)
    listener.play(tone.slice(0, 50), packet, next + 3 * 8000 + 10)
    await listener.until(({ frames }) => frames.length >= 100 - inFlight)
    expect(listener.steps).toEqual([320, 320 + 3 * 16_000])
    expect(listener.frames[50]?.decodeTime).toBe(50 * 320 - 40 + 3 * 16_000)
  })

  test('frames that come twice are heard once', async () => {
    await using listener = new Listener({ from: pcmu })
    listener.play(tone.slice(0, 50), packet)
    listener.play(tone.slice(40, 100), packet, 40 * packet)
    await listener.until(({ frames }) => frames.length >= 100 - inFlight)
    expect(listener.steps).toEqual([320])
    expect(listener.frames.length).toBeLessThanOrEqual(100)
  })

  for (const [name, factor] of [
    ['fast', 1.01],
    ['slow', 0.99],
  ] as const) {
    test(`a source whose clock is ${name} is followed`, async () => {
      await using listener = new Listener({ from: pcmu })
      const fed = 150 * 20
      for (const [i, frame] of tone.entries())
        listener.sound.push(Math.round(i * packet * factor), frame)
      const wanted = fed * factor
      const lastMs = () => (listener.frames.at(-1)?.decodeTime ?? 0) / 16 + 20
      await listener.until(() => lastMs() > wanted - 20 * inFlight - 20)
      expect(listener.steps).toEqual([320])
      expect(lastMs()).toBeLessThan(wanted + 21)
    })
  }

  test('a child that is killed is told of once, and replaced later', async () => {
    let nowMs = 0
    const clock = { now: () => nowMs, sleepUntil: () => Promise.resolve() }
    await using listener = new Listener({ from: pcmu, clock })
    const next = listener.play(tone.slice(0, 50), packet)
    await listener.until(({ frames }) => frames.length >= 50 - inFlight)
    const [child = 0] = childrenNamed('ffmpeg')
    process.kill(child, 'SIGKILL')
    await listener.until(({ failures }) => failures.length > 0, 1)
    expect(listener.failures[0]?.message).toMatch(/^the live view has no sound \(.*\); install/)
    const before = listener.frames.length
    // Not at once.
    listener.play(tone.slice(50, 60), packet, next)
    expect(childrenNamed('ffmpeg')).toEqual([])
    nowMs += 1000
    listener.play(tone.slice(60, 110), packet, next + 10 * packet)
    await listener.until(({ frames }) => frames.length >= before + 50 - inFlight, 1)
    expect(listener.frames[before]?.decodeTime).toBe(60 * 320 - 40)
    expect(listener.failures).toHaveLength(1)
  })

  test('a child that does not read is replaced, too', async () => {
    let nowMs = 0
    const clock = { now: () => nowMs, sleepUntil: () => Promise.resolve() }
    await using listener = new Listener({ from: pcmu, clock })
    listener.play(tone.slice(0, 50), packet)
    await listener.until(({ frames }) => frames.length >= 50 - inFlight)
    const [child = 0] = childrenNamed('ffmpeg')
    process.kill(child, 'SIGSTOP')
    for (let i = 50; listener.failures.length === 0; i++)
      listener.sound.push(i * packet, tone[i % 50] ?? new Uint8Array())
    expect(listener.failures[0]?.message).toContain('it does not read its input')
    nowMs += 1000
    const before = listener.frames.length
    listener.play(tone.slice(0, 50), packet, 60 * 8000)
    await listener.until(({ frames }) => frames.length >= before + 50 - inFlight, 1)
  })

  test('no child is left when it is closed', async () => {
    {
      await using listener = new Listener({ from: pcmu })
      listener.play(tone.slice(0, 10), packet)
      expect(childrenNamed('ffmpeg')).toHaveLength(1)
    }
    expect(childrenNamed('ffmpeg')).toEqual([])
  })
})

test('without ffmpeg there is one sentence and no sound', async () => {
  let nowMs = 0
  const clock = { now: () => nowMs, sleepUntil: () => Promise.resolve() }
  await using listener = new Listener({ from: pcmu, ffmpeg: '/nowhere/ffmpeg', clock })
  listener.play([new Uint8Array(packet)], packet)
  await listener.until(({ failures }) => failures.length > 0, 1)
  nowMs += 1e9
  listener.play([new Uint8Array(packet)], packet, packet)
  expect(listener.failures.map(({ code, message }) => ({ code, message }))).toEqual([
    {
      code: 'MEDIA_LIVE_AUDIO',
      message:
        'the live view has no sound (/nowhere/ffmpeg is not installed); install ffmpeg with libopus, or let the camera send AAC, G.711 or Opus',
    },
  ])
})

test('an ffmpeg without libopus is not asked again', async () => {
  let nowMs = 0
  const clock = { now: () => nowMs, sleepUntil: () => Promise.resolve() }
  const script = new URL('./support/ffmpeg-without-opus.sh', import.meta.url).pathname
  await using listener = new Listener({ from: pcmu, ffmpeg: script, clock })
  listener.play([new Uint8Array(packet)], packet)
  await listener.until(({ failures }) => failures.length > 0, 1)
  expect(listener.failures[0]?.message).toContain("Unknown encoder 'libopus'")
  nowMs += 1e9
  listener.play([new Uint8Array(packet)], packet, packet)
  expect(childrenNamed('ffmpeg-without-opus.sh')).toEqual([])
})

test('AAC-ELD does not become Opus', () => {
  const from: SourceAudio = {
    codec: 'aac-eld',
    sampleRate: 16_000,
    channels: 1,
    frameLength: 480,
    audioSpecificConfig: Uint8Array.of(0xf8, 0xf0, 0x30, 0x00),
  }
  expect(() => new Listener({ from })).toThrow('aac-eld at 16000 Hz does not become opus')
})
