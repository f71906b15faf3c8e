import { readdirSync } from 'node:fs'

import {
  type AudioSpecificConfig,
  type AudioTrack,
  type AvcConfiguration,
  type AvcTrack,
  type ElementaryStreamDescriptor,
  Fragmenter,
  initSegment,
  parseAudioSpecificConfig,
  parseAvcConfiguration,
  parseElementaryStreamDescriptor,
  parseSps,
  renderFragment,
  type VideoTrack,
  writeAudioSpecificConfig,
  writeAvcConfiguration,
  writeElementaryStreamDescriptor,
} from '@hksv/fmp4'
import { describe, expect, test } from 'vitest'

import { join } from './support/stream.ts'
import {
  accepted,
  codeOf,
  cutAnywhere,
  fromHex,
  hexed,
  refused,
  toHex,
  vectorFile,
} from './support/vectors.ts'

const directory = new URL('../../../test-vectors/fmp4/', import.meta.url)

describe('vector files', () => {
  test.each(readdirSync(directory))('%s has the common shape', file => {
    const { format, source, licence, note, cases } = vectorFile(file.replace('.json', ''))
    expect(format).toBe(1)
    for (const text of [source, licence, note]) expect(text).toMatch(/\w/)
    expect(new Set(cases.map(one => one.name)).size).toBe(cases.length)
    for (const one of cases) expect(one.value !== undefined || one.error !== undefined).toBe(true)
  })
})

describe('AudioSpecificConfig', () => {
  const name = 'audio-specific-config'
  test.each(accepted<AudioSpecificConfig>(name))('$name', ({ bytes, value, canonical }) => {
    expect(parseAudioSpecificConfig(bytes)).toEqual(value)
    if (canonical) expect(toHex(writeAudioSpecificConfig(value))).toBe(toHex(bytes))
    cutAnywhere(bytes, parseAudioSpecificConfig)
  })
  test.each(refused(name))('refused: $name', ({ bytes, error }) => {
    expect(codeOf(() => parseAudioSpecificConfig(bytes))).toBe(error)
  })
  test.each([
    { objectType: 2, sampleRate: 32_001, channels: 1, frameLength: 1024 },
    { objectType: 2, sampleRate: 32_000, channels: 9, frameLength: 1024 },
    { objectType: 2, sampleRate: 32_000, channels: 0, frameLength: 1024 },
    { objectType: 2, sampleRate: 32_000, channels: 1, frameLength: 512 },
    { objectType: 39, sampleRate: 32_000, channels: 1, frameLength: 1024 },
    { objectType: 5, sampleRate: 32_000, channels: 1, frameLength: 1024 },
  ])('cannot be written: %o', config => {
    expect(() => writeAudioSpecificConfig(config)).toThrow(RangeError)
  })
})

describe('avcC', () => {
  const name = 'avc-configuration'
  test.each(accepted<AvcConfiguration>(name))('$name', ({ bytes, value, canonical }) => {
    const read = parseAvcConfiguration(bytes)
    expect(hexed(read)).toEqual(value)
    if (canonical) expect(toHex(writeAvcConfiguration(read.sps, read.pps))).toBe(toHex(bytes))
    cutAnywhere(bytes, parseAvcConfiguration)
  })
  test.each(refused(name))('refused: $name', ({ bytes, error }) => {
    expect(codeOf(() => parseAvcConfiguration(bytes))).toBe(error)
  })
})

describe('esds', () => {
  const name = 'elementary-stream-descriptor'
  test.each(accepted<ElementaryStreamDescriptor>(name))('$name', ({ bytes, value, canonical }) => {
    const read = parseElementaryStreamDescriptor(bytes)
    expect(hexed(read)).toEqual(value)
    if (canonical) {
      const { audioSpecificConfig, maxBitrate } = read
      expect(toHex(writeElementaryStreamDescriptor(audioSpecificConfig, maxBitrate))).toBe(
        toHex(bytes),
      )
    }
    cutAnywhere(bytes, parseElementaryStreamDescriptor)
  })
  test.each(refused(name))('refused: $name', ({ bytes, error }) => {
    expect(codeOf(() => parseElementaryStreamDescriptor(bytes))).toBe(error)
  })
})

describe('SPS', () => {
  interface Expected {
    sampleAspectRatio?: string
    framesPerSecond?: number
    maxReorderFrames?: number
  }
  test.each(accepted<Expected>('sps'))('$name', ({ bytes, value }) => {
    const { vui, ...sps } = parseSps(bytes)
    const { sampleAspectRatio, framesPerSecond, maxReorderFrames, ...rest } = value
    expect(sps).toMatchObject(rest)
    expect(sps.isVuiDamaged).toBe(false)
    const ratio = vui.sampleAspectRatio
    if (sampleAspectRatio) expect(`${ratio?.width}:${ratio?.height}`).toBe(sampleAspectRatio)
    if (framesPerSecond) expect(vui.framesPerSecond).toBe(framesPerSecond)
    if (maxReorderFrames) expect(vui.maxReorderFrames).toBe(maxReorderFrames)
    cutAnywhere(bytes, parseSps)
  })
  test.each(refused('sps'))('refused: $name', ({ bytes, error }) => {
    expect(codeOf(() => parseSps(bytes))).toBe(error)
  })
})

describe('init segment', () => {
  interface Input {
    video: Omit<AvcTrack, 'codec' | 'sps' | 'pps'> & {
      codec: VideoTrack['codec']
      vps?: string[]
      sps: string[]
      pps: string[]
      padSps?: number
    }
    audio?: Omit<AudioTrack, 'audioSpecificConfig'> & { audioSpecificConfig: string }
  }
  const build = ({ video: { padSps = 0, vps, sps, pps, ...video }, audio }: Input) =>
    initSegment({
      // What JSON says is believed.
      video: {
        ...video,
        ...(vps && { vps: vps.map(fromHex) }),
        sps: sps.map(hex => join([fromHex(hex), new Uint8Array(padSps).fill(0x80)])),
        pps: pps.map(fromHex),
      } as VideoTrack,
      ...(audio && {
        audio: { ...audio, audioSpecificConfig: fromHex(audio.audioSpecificConfig) },
      }),
    })
  for (const { name, hex, value, error } of vectorFile<Input>('init-segment').cases) {
    if (value === undefined) continue
    if (hex !== undefined)
      test(name, () => {
        const bytes = build(value)
        const brands = value.video.codec === 'avc1' ? 'isomiso5iso6mp42avc1' : 'isomiso5iso6mp42'
        const ftyp = toHex(Buffer.from(`ftypmp42\0\0\0\x01${brands}`))
        expect(toHex(bytes)).toBe(`000000${ftyp.length === 64 ? '24' : '20'}${ftyp}${hex}`)
      })
    else test(`refused: ${name}`, () => expect(codeOf(() => build(value))).toBe(error))
  }
})

describe('fragment', () => {
  interface Input {
    sequenceNumber: number
    /** In hex. */
    ntpTimestamp?: string
    video: { timescale: number; decodeTime: number; duration: number; samples: string[] }
    audio: { sampleRate: number; frameLength: number; decodeTime: number; samples: string[] }
  }
  test.each(accepted<Input>('fragment'))('$name', ({ bytes, value }) => {
    const { video, audio, sequenceNumber, ntpTimestamp: ntp } = value
    const fragmenter = new Fragmenter({ video, audio })
    video.samples.forEach((hex, i) => {
      const decodeTime = video.decodeTime + i * video.duration
      fragmenter.push({ track: 'video', decodeTime, isSync: i === 0, data: fromHex(hex) })
    })
    audio.samples.forEach((hex, i) => {
      const decodeTime = audio.decodeTime + i * audio.frameLength
      fragmenter.push({ track: 'audio', decodeTime, isSync: true, data: fromHex(hex) })
    })
    const fragment = fragmenter.flush()
    if (fragment === undefined) throw new Error('no fragment')
    const parts = renderFragment(fragment, {
      ...{ sequenceNumber, origin: { videoTime: 0 }, withAudio: true },
      ...(ntp && { producerReferenceTime: { ntpTimestamp: BigInt(`0x${ntp}`) } }),
    })
    expect(toHex(join(parts))).toBe(toHex(bytes))
    expect(parts.map(part => part.length)).toEqual([...(ntp ? [32] : []), 196, 13, 3])
  })
})
