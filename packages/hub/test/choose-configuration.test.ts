import { readFileSync } from 'node:fs'

import {
  selectedCameraRecordingConfiguration,
  supportedAudioRecordingConfiguration,
  supportedCameraRecordingConfiguration,
  supportedVideoRecordingConfiguration,
} from '@hksv/hap'
import { chooseConfiguration, type Offer } from '@hksv/hub'
import { describe, expect, it } from 'vitest'

import { offer } from './support/camera-database.ts'

const { cases } = JSON.parse(
  readFileSync(
    new URL('../../../test-vectors/hap/recording-configuration.json', import.meta.url),
    'utf8',
  ),
) as { cases: { name: string; hex: string }[] }

function vector(name: string): Uint8Array {
  const found = cases.find(each => each.name === name)
  if (found === undefined) throw new Error(`no vector "${name}"`)
  return Buffer.from(found.hex, 'hex')
}

/** The offer of a camera on sale. */
const aqara: Offer = {
  general: supportedCameraRecordingConfiguration.decodeLenient(vector('205 of an Aqara camera')),
  video: supportedVideoRecordingConfiguration.decodeLenient(vector('206 of an Aqara camera')),
  audio: supportedAudioRecordingConfiguration.decodeLenient(vector('207 of an Aqara camera')),
}
const circleView = supportedCameraRecordingConfiguration.decodeLenient(
  vector('205 of a Logitech Circle View'),
)

function withVideo(...attributes: [width: number, height: number, frameRate: number][]): Offer {
  const [codec] = offer.video.codecs
  const list = attributes.map(([width, height, frameRate]) => ({ width, height, frameRate }))
  return { ...offer, video: { codecs: [{ ...codec, attributes: list }] } as Offer['video'] }
}

function withAudio(...codecs: { codec: number; sampleRates: number[]; modes?: number[] }[]): Offer {
  return {
    ...offer,
    audio: {
      codecs: codecs.map(({ codec, sampleRates, modes = [0] }) => ({
        codec,
        parameters: { channels: 1, bitRateModes: modes, sampleRates },
      })),
    },
  }
}

describe('chooseConfiguration', () => {
  it('chooses what a home hub chose', () => {
    expect(chooseConfiguration(offer)).toEqual({
      general: {
        prebufferLengthMs: 4000,
        eventTriggerOptions: 1n,
        mediaContainer: { type: 0, parameters: { fragmentLengthMs: 4000 } },
      },
      video: {
        codec: 0,
        parameters: { profile: 1, level: 2, bitRateKbps: 2000, iFrameIntervalMs: 4000 },
        attributes: { width: 1920, height: 1080, frameRate: 30 },
      },
      audio: {
        codec: 0,
        parameters: { channels: 1, bitRateMode: 0, sampleRate: 3, maxBitRateKbps: 64 },
      },
    })
  })

  it('writes what a home hub wrote, byte for byte, where the camera leaves no choice', () => {
    const eufy = selectedCameraRecordingConfiguration.decode(
      vector('209 that an Apple home hub wrote to a Eufy 2C'),
    )
    const chosen = chooseConfiguration({
      general: {
        prebufferLengthMs: 0,
        eventTriggerOptions: 1n,
        mediaContainers: [eufy.general.mediaContainer],
      },
      video: {
        codecs: [
          {
            codec: 0,
            parameters: { profiles: [1], levels: [2] },
            attributes: [eufy.video.attributes],
          },
        ],
      },
      audio: {
        codecs: [{ codec: 1, parameters: { channels: 1, bitRateModes: [0], sampleRates: [1] } }],
      },
    })
    const { maxBitRateKbps } = eufy.audio.parameters
    const parameters = { ...chosen.audio.parameters, maxBitRateKbps: maxBitRateKbps ?? 0 }
    const written = { ...chosen, audio: { ...chosen.audio, parameters } }
    expect(Buffer.from(selectedCameraRecordingConfiguration.encode(written))).toEqual(
      Buffer.from(vector('209 that an Apple home hub wrote to a Eufy 2C')),
    )
  })

  it('takes 4:3 from a camera that has nothing else', () => {
    const { video, general, audio } = chooseConfiguration(aqara)
    expect(video.attributes).toEqual({ width: 1600, height: 1200, frameRate: 30 })
    expect(video.parameters).toMatchObject({ profile: 1, level: 2 })
    expect(general.prebufferLengthMs).toBe(4000)
    expect(audio.parameters.sampleRate).toBe(3)
  })

  it.each([
    ['as much as is usual', circleView, {}, 4000],
    ['what is wished', circleView, { prebufferMs: 6000 }, 6000],
    ['no more than is offered', circleView, { prebufferMs: 20_000 }, 8000],
    ['none', circleView, { prebufferMs: 0 }, 0],
    ['none of a battery camera', { ...circleView, prebufferLengthMs: 0 }, {}, 0],
  ])('selects a prebuffer: %s', (_name, general, wishes, expected) => {
    const chosen = chooseConfiguration({ ...offer, general }, wishes)
    expect(chosen.general.prebufferLengthMs).toBe(expected)
  })

  it.each([
    ['24 before 25 and 15', withVideo([1920, 1080, 15], [1920, 1080, 25], [1920, 1080, 24]), 24],
    ['25 before 15', withVideo([1920, 1080, 15], [1920, 1080, 25]), 25],
    ['an odd one, when there is no other', withVideo([1920, 1080, 12]), 12],
  ])('selects a frame rate: %s', (_name, given, frameRate) => {
    expect(chooseConfiguration(given).video.attributes.frameRate).toBe(frameRate)
  })

  it.each([
    ['the nearest of 4K and 720p', withVideo([3840, 2160, 30], [1280, 720, 30]), {}, 1280],
    ['the nearest to the wish', offer, { width: 1280, height: 720 }, 1280],
    ['the nearest, where the wish is not offered', offer, { width: 640, height: 360 }, 1280],
  ])('selects a picture size: %s', (_name, given, wishes, width) => {
    expect(chooseConfiguration(given, wishes).video.attributes.width).toBe(width)
  })

  it('takes High where Main is not offered, and says Main and 4.0 where nothing is', () => {
    const parameters = (profiles: number[], levels: number[]) => {
      const codecs = offer.video.codecs.map(each => ({ ...each, parameters: { profiles, levels } }))
      return chooseConfiguration({ ...offer, video: { codecs } }).video.parameters
    }
    expect(parameters([0, 2], [0, 1])).toMatchObject({ profile: 2, level: 1 })
    expect(parameters([], [])).toMatchObject({ profile: 1, level: 2 })
  })

  it.each([
    [
      'AAC-LC before AAC-ELD',
      [
        { codec: 1, sampleRates: [3] },
        { codec: 0, sampleRates: [1] },
      ],
      0,
      1,
    ],
    ['AAC-ELD, when there is no other', [{ codec: 1, sampleRates: [1] }], 1, 1],
    ['32 kHz before all', [{ codec: 0, sampleRates: [0, 1, 2, 3, 4, 5] }], 0, 3],
    ['44.1 kHz before 48', [{ codec: 0, sampleRates: [5, 4, 2] }], 0, 4],
    ['24 kHz before 16', [{ codec: 0, sampleRates: [0, 1, 2] }], 0, 2],
    ['8 kHz at last', [{ codec: 0, sampleRates: [0] }], 0, 0],
  ])('selects sound: %s', (_name, codecs, codec, sampleRate) => {
    const { audio } = chooseConfiguration(withAudio(...codecs))
    expect(audio).toMatchObject({ codec, parameters: { sampleRate } })
  })

  it('takes constant bit rate only where variable is not offered', () => {
    const mode = (...modes: number[]) =>
      chooseConfiguration(withAudio({ codec: 0, sampleRates: [3], modes })).audio.parameters
        .bitRateMode
    expect([mode(1), mode(1, 0), mode()]).toEqual([1, 0, 0])
  })

  it.each([
    [
      'no H.264',
      { ...offer, video: { codecs: offer.video.codecs.map(each => ({ ...each, codec: 1 })) } },
    ],
    ['no picture size', withVideo()],
    ['no sound', withAudio()],
    ['no fragmented MP4', { ...offer, general: { ...offer.general, mediaContainers: [] } }],
  ])('refuses a camera with %s', (_name, given) => {
    expect(() => chooseConfiguration(given)).toThrow(
      expect.objectContaining({ code: 'HUB_NO_CAMERA' }),
    )
  })
})
