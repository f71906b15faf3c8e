import {
  recordingSampleRates,
  type SelectedCameraRecordingConfiguration,
  selectedCameraRecordingConfiguration,
} from '@hksv/hap'
import type { SourceDescription } from '@hksv/media'
import { describe, expect, test } from 'vitest'

import {
  encodeOffer,
  type RecordingAbilities,
  recordingOffer,
  recordingSizes,
} from '../src/camera/recording-offer.ts'
import { hashOffer, parseSelection } from '../src/camera/recording-selection.ts'
import { HandSource } from './support/hand-source.ts'

const { description: sample } = await HandSource.open()

const offerOf = (
  abilities: RecordingAbilities & { isDoorbell?: boolean } = {},
  source: SourceDescription = sample,
) => recordingOffer(source, { isDoorbell: false, ...abilities })

const sizesOf = (offer: ReturnType<typeof offerOf>) =>
  offer.video.codecs[0]?.attributes.map(
    ({ width, height, frameRate }) => `${width}x${height}@${frameRate}`,
  )

/** As a hub writes it, with some of it changed. */
function selected(change: (selection: SelectedCameraRecordingConfiguration) => void = () => {}) {
  const selection: SelectedCameraRecordingConfiguration = {
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
  }
  change(selection)
  return Buffer.from(selectedCameraRecordingConfiguration.encode(selection)).toString('base64')
}

describe('what is offered', () => {
  test('the mandatory sizes and rates, whatever the source is', () => {
    const mandatory = ['1920x1080@30', '1920x1080@15', '1280x720@30', '1280x720@24', '1280x720@15']
    for (const sizes of [undefined, [], [{ width: 640, height: 480 }]]) {
      expect(sizesOf(offerOf(sizes && { sizes }))).toEqual(expect.arrayContaining(mandatory))
    }
  })

  test('the size of the source, where hubs know it', () => {
    const of = (width: number, height: number) => ({
      ...sample,
      video: { ...sample.video, width, height },
    })
    expect(sizesOf(offerOf({}, of(1600, 1200)))).toContain('1600x1200@24')
    expect(sizesOf(offerOf({}, of(2304, 1296)))).toHaveLength(6)
  })

  test('every size of the specification, each once', () => {
    const offered = sizesOf(offerOf({ sizes: recordingSizes })) ?? []
    expect(new Set(offered).size).toBe(27)
    expect(offered).toHaveLength(27)
    expect(() => offerOf({ sizes: [{ width: 1, height: 1 }] })).toThrow('No hub knows the size 1x1')
  })

  test('prebuffer and triggers, byte for byte as cameras on the market', () => {
    // Circle View: 8000 ms, motion and doorbell, 4000 ms fragments of MP4.
    const { general } = encodeOffer(offerOf({ prebufferMs: 8000, isDoorbell: true }))
    expect(general).toBe('AQRAHwAAAggDAAAAAAAAAAMLAQEAAgYBBKAPAAA=')
    expect(offerOf().general).toMatchObject({ prebufferLengthMs: 4000, eventTriggerOptions: 1n })
  })

  test('sound: of the source, or each kind and rate of the specification', () => {
    const audio = {
      codec: 'aac-eld',
      sampleRate: 16_000,
      channels: 1,
      audioSpecificConfig: new Uint8Array(4),
      frameLength: 480,
    } as const
    expect(offerOf({}, { ...sample, audio }).audio.codecs).toEqual([
      { codec: 1, parameters: { channels: 1, bitRateModes: [0], sampleRates: [1] } },
    ])
    const all = {
      sampleRates: recordingSampleRates,
      bitRateModes: ['variable', 'constant'],
    } as const
    const { codecs } = offerOf({
      audio: [
        { codec: 'aac-lc', channels: 2, ...all },
        { codec: 'aac-eld', ...all },
      ],
    }).audio
    expect(codecs.map(({ codec, parameters }) => [codec, parameters.channels])).toEqual([
      [0, 2],
      [1, 1],
    ])
    for (const { parameters } of codecs) {
      expect(parameters).toMatchObject({ bitRateModes: [0, 1], sampleRates: [0, 1, 2, 3, 4, 5] })
    }
  })
})

describe('what a hub selects', () => {
  test('reaches whoever has to deliver it', () => {
    const offer = offerOf({ prebufferMs: 8000 })
    expect(parseSelection(selected(), offer)).toEqual({
      prebufferMs: 4000,
      stream: {
        video: {
          codec: 'h264',
          width: 1920,
          height: 1080,
          framesPerSecond: 30,
          bitRateKbps: 2000,
          keyFrameIntervalMs: 4000,
        },
        audio: {
          codec: 'aac-lc',
          sampleRate: 32_000,
          channels: 1,
          isConstantBitRate: false,
          maxBitRateKbps: 64,
        },
      },
    })
  })

  test('is taken as real hubs write it', () => {
    // Written to a Eufy camera: no prebuffer, 1080p, AAC-ELD at 16 kHz.
    const written =
      'AR0BBAAAAAACCAEAAAAAAAAAAwsBAQACBgEEoA8AAAIkAQEAAhIBAQECAQIDBNAHAAAEBKAPAAADCwECgAcCAjgEAwEeAxQBAQECDwEBAQIBAAMBAQQEEAAAAA=='
    const eld = offerOf({ audio: [{ codec: 'aac-eld', sampleRates: [16_000] }] })
    expect(parseSelection(written, eld)).toMatchObject({
      prebufferMs: 0,
      stream: { audio: { codec: 'aac-eld', sampleRate: 16_000, maxBitRateKbps: 16 } },
    })
    expect(parseSelection(written, offerOf())).toBeUndefined()
  })

  test('rounds frame rate and level', () => {
    const rounded = selected(({ video }) => {
      video.attributes.frameRate = 25
      video.parameters.level = 1
    })
    expect(parseSelection(rounded, offerOf())?.stream.video.framesPerSecond).toBe(25)
  })

  const foreign: [string, Parameters<typeof selected>[0]][] = [
    ['a longer prebuffer', s => (s.general.prebufferLengthMs = 8000)],
    ['a trigger that is not there', s => (s.general.eventTriggerOptions = 2n)],
    ['another container', s => (s.general.mediaContainer.type = 1)],
    ['longer fragments', s => (s.general.mediaContainer.parameters.fragmentLengthMs = 8000)],
    ['shorter fragments', s => (s.general.mediaContainer.parameters.fragmentLengthMs = 2000)],
    ['another video codec', s => (s.video.codec = 1)],
    ['another profile', s => (s.video.parameters.profile = 3)],
    ['another size', s => (s.video.attributes.width = 1600)],
    ['another audio codec', s => (s.audio.codec = 1)],
    ['another sample rate', s => (s.audio.parameters.sampleRate = 4)],
    ['another bit-rate mode', s => (s.audio.parameters.bitRateMode = 1)],
    ['more channels', s => (s.audio.parameters.channels = 2)],
    ['no channel', s => (s.audio.parameters.channels = 0)],
  ]
  test.each(foreign)('is not taken with %s', (_name, change) => {
    expect(parseSelection(selected(), offerOf())).toBeDefined()
    expect(parseSelection(selected(change), offerOf())).toBeUndefined()
  })

  test.each(['', 'AAAA', 'AR0BBAAAAAA=', selected().slice(0, 40)])('is not %j', text => {
    expect(parseSelection(text, offerOf())).toBeUndefined()
  })
})

test('another offer has another hash', () => {
  const hashes = [
    offerOf(),
    offerOf({ prebufferMs: 8000 }),
    offerOf({ isDoorbell: true }),
    offerOf({ sizes: recordingSizes }),
    offerOf({ audio: [{ codec: 'aac-lc', sampleRates: [16_000] }] }),
  ].map(hashOffer)
  expect(new Set(hashes).size).toBe(5)
  expect(hashOffer(offerOf())).toBe(hashes[0])
})
