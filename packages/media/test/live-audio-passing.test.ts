import { parseOpusPacket, type SourceAudio } from '@hksv/media'
import { expect, test } from 'vitest'

import { describeWithFfmpeg } from './support/ffmpeg.ts'
import { Listener } from './support/live-audio.ts'
import { amplitude, decodeOpus, opusTone } from './support/tone.ts'

const from: SourceAudio = { codec: 'opus', sampleRate: 48_000, channels: 2 }
/** Nobody may start it. */
const ffmpeg = '/nowhere/ffmpeg'

describeWithFfmpeg('Opus of a camera', () => {
  for (const ms of [2.5, 5, 10, 20, 40, 60]) {
    test(`packets of ${ms} ms become packets of 20 ms as they are`, async () => {
      await using listener = new Listener({ from, ffmpeg })
      const packets = opusTone(ms, 'celt')
      listener.play(packets, 48 * ms, 48_000)
      expect(listener.failures).toEqual([])
      expect(listener.frames[0]?.decodeTime).toBe(16_000)
      expect(listener.steps).toEqual([320])
      expect(listener.frames).toHaveLength(Math.floor((packets.length * ms) / 20))
      for (const data of listener.packets) {
        const { frames = [], frameSamples = 0 } = parseOpusPacket(data) ?? {}
        expect(frames.length * frameSamples).toBe(960)
      }
      // Not a sample differs from what the camera's own packets sound like.
      const heard = decodeOpus(listener.packets)
      expect(heard).toEqual(decodeOpus(packets).subarray(0, heard.length))
      expect(amplitude(heard.subarray(24_000, 72_000), 1000)).toBeGreaterThan(0.2)
    })
  }

  test('packets of 20 ms can be put together for a viewer who wants 60', async () => {
    const to = { codec: 'opus', sampleRate: 24_000, packetTimeMs: 60 } as const
    await using listener = new Listener({ from, to, ffmpeg })
    listener.play(opusTone(20, 'celt'), 960)
    expect(listener.steps).toEqual([1440])
    expect(parseOpusPacket(listener.packets[0] ?? new Uint8Array())?.frames).toHaveLength(3)
  })

  test('after a gap the times jump by whole packets, and half a packet is left out', async () => {
    await using listener = new Listener({ from, ffmpeg })
    const packets = opusTone(10, 'celt')
    listener.play(packets.slice(0, 51), 480)
    listener.play(packets.slice(60, 100), 480, 60 * 480)
    expect(listener.steps).toEqual([320, 320 * 6])
    expect(listener.frames).toHaveLength(25 + 20)
  })

  test('what is no Opus is left out', async () => {
    await using listener = new Listener({ from, ffmpeg })
    listener.play(
      [Uint8Array.of(), Uint8Array.of(3), Uint8Array.of(1, 2), Uint8Array.of(3, 0)],
      960,
    )
    expect(listener.frames).toEqual([])
    expect(listener.failures).toEqual([])
  })
})

test('AAC-ELD as it was negotiated is passed on', async () => {
  const eld: SourceAudio = {
    codec: 'aac-eld',
    sampleRate: 16_000,
    channels: 1,
    frameLength: 480,
    audioSpecificConfig: Uint8Array.of(0xf8, 0xf0, 0x30, 0x00),
  }
  const to = { codec: 'aac-eld', sampleRate: 16_000, packetTimeMs: 30 } as const
  await using listener = new Listener({ from: eld, to, ffmpeg })
  const frame = Uint8Array.of(1, 2, 3)
  listener.play([frame, frame], 480, 960)
  frame.fill(0)
  expect(listener.frames).toEqual([
    { decodeTime: 960, data: Uint8Array.of(1, 2, 3) },
    { decodeTime: 1440, data: Uint8Array.of(1, 2, 3) },
  ])
})
