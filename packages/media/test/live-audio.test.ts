import { audioObjectTypes, type SourceAudio, writeAudioSpecificConfig } from '@hksv/media'
import { expect, test } from 'vitest'

import { describeWithFfmpeg } from './support/ffmpeg.ts'
import { Listener, opus16 } from './support/live-audio.ts'
import { aacTone, amplitude, decodeOpus, g711Tone, onset, opusTone } from './support/tone.ts'

const frameLength = 1024

function aac(sampleRate: number, channels = 1): SourceAudio {
  const config = { objectType: audioObjectTypes.aacLc, sampleRate, channels, frameLength }
  const audioSpecificConfig = writeAudioSpecificConfig(config)
  return { codec: 'aac-lc', sampleRate, channels, frameLength, audioSpecificConfig }
}

function g711(codec: 'pcmu' | 'pcma'): SourceAudio {
  return { codec, sampleRate: 8000, channels: 1 }
}

const opusSource: SourceAudio = { codec: 'opus', sampleRate: 48_000, channels: 2 }

/** Enough of two seconds: the rest may still be in the encoder. */
const enough = 90

describeWithFfmpeg('live audio with ffmpeg', () => {
  const silk = opusTone(60, 'silk')
  /** As loud as the tone is; SILK makes it something else. */
  const loudness = (from: SourceAudio) =>
    from === opusSource ? amplitude(decodeOpus(silk).subarray(24_000, 72_000), 1000) : 0.25
  const sources: readonly [string, SourceAudio, () => Uint8Array[], number][] = [
    ['AAC 8 kHz', aac(8000), () => aacTone({ sampleRate: 8000 }), frameLength],
    ['AAC 16 kHz', aac(16_000), () => aacTone(), frameLength],
    [
      'AAC 44.1 kHz stereo',
      aac(44_100, 2),
      () => aacTone({ sampleRate: 44_100, channels: 2 }),
      1024,
    ],
    ['AAC 48 kHz', aac(48_000), () => aacTone({ sampleRate: 48_000 }), frameLength],
    ['PCMU', g711('pcmu'), () => g711Tone('pcmu'), 160],
    ['PCMA', g711('pcma'), () => g711Tone('pcma'), 160],
    ['Opus of 60 ms that cannot be cut', opusSource, () => silk, 2880],
  ]
  for (const [name, from, frames, samples] of sources) {
    for (const sampleRate of [16_000, 24_000]) {
      test(`${name} becomes Opus at ${sampleRate} Hz`, async () => {
        await using listener = new Listener({ from, to: { ...opus16, sampleRate } })
        listener.play(frames(), samples, from.sampleRate)
        await listener.until(({ frames }) => frames.length >= enough)
        // Two seconds from the source's first on, but for what the encoder looks ahead.
        const [first] = listener.frames
        expect(first?.decodeTime).toBe(sampleRate - sampleRate / 400)
        expect(listener.steps).toEqual([sampleRate / 50])
        const heard = decodeOpus(listener.packets).subarray(24_000, 72_000)
        const levelDb = 20 * Math.log10(amplitude(heard, 1000) / loudness(from))
        expect(Math.abs(levelDb)).toBeLessThan(1.5)
        expect(amplitude(heard, 2000)).toBeLessThan(0.005)
        expect(listener.failures).toEqual([])
      })
    }
  }

  test('what begins to be heard is heard at its time', async () => {
    await using listener = new Listener({ from: aac(16_000) })
    // What the encoder of the source puts in front is no part of the time.
    listener.play(aacTone({ startS: 1 }), frameLength, -frameLength)
    await listener.until(({ frames }) => frames.length >= enough)
    const startMs = (listener.frames[0]?.decodeTime ?? 0) / 16
    const atMs = startMs + onset(decodeOpus(listener.packets)) / 48
    expect(Math.abs(atMs - 1000)).toBeLessThan(10)
  })
})
