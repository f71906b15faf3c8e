import { LipSync, rtpFormat } from '@hksv/media/rtp'
import { describe, expect, test } from 'vitest'
import { rtp } from './support/rtp-packetizer.ts'
import { Collector, fromHex } from './support/rtp-receive.ts'
import { idr, sdp, slice } from './support/rtp-script.ts'
import { formatOf, h264 } from './support/rtp-streams.ts'

const second = 90_000
const rate = 16_000
const frame = fromHex('00100028de02004c61')

/** A camera with video and audio whose clocks began at random; everything happens at times in ms. */
class Camera {
  readonly video: Collector
  readonly audio: Collector
  readonly #videoStart: number
  readonly #audioStart: number
  #videoSequence = 0
  #audioSequence = 0

  constructor({
    videoInfo = 0,
    audioInfo = 0,
    hasInfo = false,
    videoStart = 123,
    audioStart = 456,
  } = {}) {
    const sync = new LipSync()
    this.#videoStart = videoStart
    this.#audioStart = audioStart
    const info = (start: number, offset: number) =>
      hasInfo ? { rtpInfoTime: (start + offset) >>> 0 } : {}
    this.video = new Collector(formatOf(h264, sdp), { sync, ...info(videoStart, videoInfo) })
    const fmtp = 'sizelength=13;indexlength=3;indexdeltalength=3;config=1408'
    const format = rtpFormat({ payloadType: 97, rtpmap: 'mpeg4-generic/16000/1', fmtp })
    this.audio = new Collector(format, { sync, ...info(audioStart, audioInfo) })
  }

  /** A picture of the camera's time `ms` arrives at `now`. */
  picture(ms: number, now = ms, isKey = true): this {
    const timestamp = (this.#videoStart + ms * 90) >>> 0
    const fields = { sequenceNumber: this.#videoSequence++, timestamp, isMarker: true }
    this.video.now = now
    this.video.push(rtp(fields, isKey ? idr : slice))
    return this
  }

  sound(ms: number, now = ms): this {
    const timestamp = (this.#audioStart + ms * 16) >>> 0
    const fields = { payloadType: 97, sequenceNumber: this.#audioSequence++, timestamp }
    this.audio.now = now
    this.audio.push(rtp(fields, frame))
    return this
  }

  /** A sender report: the wall clock of a track says `wallMs` when its own time is `ms`. */
  report(
    track: 'video' | 'audio',
    ms: number,
    wallMs: number,
    seconds = 3_900_000_000,
    ssrc = 0x1234,
  ): this {
    const bytes = Buffer.alloc(28)
    bytes.writeUInt32BE(0x80c80006, 0)
    bytes.writeUInt32BE(ssrc, 4)
    const wall = seconds === 0 ? 0 : seconds + wallMs / 1000
    bytes.writeUInt32BE(Math.floor(wall), 8)
    bytes.writeUInt32BE(Math.floor((wall % 1) * 2 ** 32), 12)
    const timestamp = track === 'video' ? this.#videoStart + ms * 90 : this.#audioStart + ms * 16
    bytes.writeUInt32BE(timestamp >>> 0, 16)
    this[track].push(new Uint8Array(bytes))
    return this
  }

  /** Frames of 64 ms from `from` on, each when it happens. */
  sounds(from: number, count: number): this {
    for (let i = 0; i < count; i++) this.sound(from + 64 * i)
    return this
  }

  /** When the samples are, in ms. */
  get pictures(): number[] {
    return this.video.received.samples.map(({ decodeTime }) => (decodeTime * 1000) / second)
  }

  get frames(): number[] {
    return this.audio.received.samples.map(({ decodeTime }) => (decodeTime * 1000) / rate)
  }
}

describe('without sender reports', () => {
  test('the arrival of the first packets counts', () => {
    const camera = new Camera().picture(5000, 0).sound(70_000, 40)
    expect(camera.pictures).toEqual([0])
    expect(camera.frames).toEqual([40])
  })

  test('RTP-Info of both tracks counts more', () => {
    const camera = new Camera({ hasInfo: true, videoInfo: -9000, audioInfo: -3200 })
    camera.picture(0).sound(0, 40)
    expect(camera.pictures).toEqual([100])
    expect(camera.frames).toEqual([200])
  })

  test('RTP-Info that cannot be is ignored', () => {
    // Many cameras say rtptime=0 where it means nothing.
    const camera = new Camera({ hasInfo: true, videoInfo: -9_000_000, audioInfo: -160 })
    camera.picture(0).sound(0, 40)
    expect(camera.pictures).toEqual([0])
    expect(camera.frames).toEqual([40])
  })
})

describe('with sender reports', () => {
  test('before the first packets: both tracks are right from the beginning', () => {
    const camera = new Camera().report('video', 0, 1000).report('audio', 0, 1015)
    camera.picture(0).sound(0, 0).sounds(64, 4)
    expect(camera.pictures).toEqual([0])
    expect(camera.frames[0]).toBeCloseTo(15, 1)
  })

  test('small differences are walked off, a sample a frame', () => {
    const camera = new Camera().picture(0).sound(0)
    camera.report('video', 0, 0).report('audio', 0, 1).sounds(64, 40)
    const lengths = camera.frames.slice(1).map((time, i) => (time - (camera.frames[i] ?? 0)) * 16)
    expect(lengths.filter(length => length === 1025)).toHaveLength(16)
    expect(lengths.filter(length => length !== 1025 && length !== 1024)).toEqual([])
    expect(camera.frames.at(-1)).toBeCloseTo(64 * 40 + 1, 1)
  })

  test('larger ones wait for a key frame: a gap when the sound was early', () => {
    const camera = new Camera().picture(0).sound(0)
    camera.report('video', 0, 0).report('audio', 0, 300).sounds(64, 2)
    expect(camera.frames).toEqual([0, 64, 128])
    camera.picture(150, 150, false).sound(192)
    expect(camera.frames.at(-1)).toBe(192)
    camera.picture(200).sounds(256, 2)
    expect(camera.frames.slice(-2)).toEqual([556, 620])
  })

  test('and frames left out when it was late', () => {
    const camera = new Camera().picture(0).sound(0)
    camera.report('video', 0, 300).report('audio', 0, 0).sounds(64, 9).picture(600)
    camera.sounds(640, 10)
    const times = camera.frames
    expect(times.slice(0, 10)).toEqual(times.slice(0, 10).map((_, i) => 64 * i))
    // Three or four frames are gone; none overlaps the one before.
    expect(times.length).toBeLessThanOrEqual(17)
    for (const [i, time] of times.entries())
      if (i > 0) expect(time - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(1023 / 16)
    // What is left, less than 100 ms, is walked off.
    expect((times.at(-1) ?? 0) - (64 * 19 - 300)).toBeLessThan(100)
  })

  test.each<[string, (camera: Camera) => Camera]>([
    ['more than 10 s apart', camera => camera.report('video', 0, 0).report('audio', 0, 11_000)],
    ['with a wall clock at 0', camera => camera.report('video', 0, 0).report('audio', 0, 500, 0)],
    [
      'that give the audio another rate',
      camera => camera.report('audio', 0, 0).report('audio', 5000, 5500).report('video', 0, 0),
    ],
    [
      'with both wall clocks at 0',
      camera => camera.report('video', 300, 0, 0).report('audio', 0, 0, 0),
    ],
    [
      'that are taken back by one that cannot be',
      camera => camera.report('video', 0, 0).report('audio', 0, 300).report('audio', 5000, 5500),
    ],
    [
      'of another source',
      camera => camera.report('video', 0, 0).report('audio', 0, 300, undefined, 0x4321),
    ],
    ['of one track alone', camera => camera.report('video', 0, 700)],
  ])('%s: ignored', (_name, reports) => {
    const camera = reports(new Camera().picture(0).sound(0)).picture(100).sounds(64, 3)
    expect(camera.frames).toEqual([0, 64, 128, 192])
  })
})

describe('reports that stop, or jump', () => {
  /** Both tracks told where they are: the sound is 15 ms behind. */
  const synced = () =>
    new Camera().report('video', 0, 1000).report('audio', 0, 1015).picture(0).sound(0, 0)
  /** How far the sound is from where it belongs, in ms, at its last frame. */
  const off = (camera: Camera, ms: number) => (camera.frames.at(-1) ?? 0) - ms - 15

  test('of both tracks midway: what is in sync stays in sync', () => {
    const camera = synced().report('video', 5000, 6000).report('audio', 5000, 6015)
    for (let ms = 64; ms <= 64 * 1000; ms += 64) camera.sound(ms).picture(ms)
    expect(off(camera, 64_000)).toBeCloseTo(0, 1)
    expect(camera.pictures.at(-1)).toBeCloseTo(64_000, 1)
  })

  test.each([
    ['forward', 300],
    ['back', -300],
    ['by hours', 7_200_000],
  ])('of the sound, and then the wall clock is set %s', (_, stepMs) => {
    const camera = synced()
    // The sender sets its clock before the second report; the sound reports no more.
    for (let i = 1; i <= 6; i++) {
      const ms = 5000 * i
      camera
        .report('video', ms, 1000 + ms + stepMs)
        .picture(ms)
        .sound(ms)
    }
    camera.sound(30_064)
    expect(off(camera, 30_064)).toBeCloseTo(0, 1)
  })

  test('of the sound, while the clock of the camera drifts by half a percent', () => {
    const camera = synced()
    for (let ms = 5000; ms <= 600_000; ms += 5000) {
      camera
        .report('video', ms, 1000 + ms * 1.005)
        .picture(ms)
        .sound(ms)
    }
    // Until the reports are a minute apart it may follow: 300 ms.
    expect(Math.abs(off(camera, 600_000))).toBeLessThanOrEqual(305)
  })

  test('for both tracks: the next two of each count', () => {
    const camera = synced()
    const stepped = (ms: number) =>
      camera
        .report('video', ms, 1000 + ms + 4000)
        .report('audio', ms, 1015 + ms + 4000)
        .picture(ms)
        .sound(ms)
    for (let ms = 5000; ms <= 20_000; ms += 5000) stepped(ms)
    camera.sound(20_064)
    expect(off(camera, 20_064)).toBeCloseTo(0, 1)
    // The clocks are followed again: 200 ms are put right at a key frame.
    for (let ms = 25_000; ms <= 40_000; ms += 5000)
      camera
        .report('video', ms, 5000 + ms)
        .report('audio', ms, 5015 + ms + 200)
        .picture(ms)
        .sound(ms)
    camera.sound(40_064)
    expect(off(camera, 40_064)).toBeCloseTo(200, 1)
  })

  test('one report that jumps and comes back changes nothing', () => {
    const camera = synced()
    const walls = [6000, 11_000, 18_000, 21_000, 26_000]
    walls.forEach((wall, i) => {
      const ms = 5000 * (i + 1)
      camera
        .report('video', ms, wall)
        .report('audio', ms, 1015 + ms)
        .picture(ms)
        .sound(ms)
      expect(off(camera, ms)).toBeCloseTo(0, 1)
    })
  })
})

test('after a clock was set, the next reports count', () => {
  const camera = new Camera().picture(0).sound(0).report('video', 0, 0).report('audio', 0, 0)
  // The audio's timestamps go on 30 s later, at once.
  camera.sound(30_064, 64).report('audio', 30_064, 164).report('video', 64, 64).picture(100)
  camera.sound(30_128, 128)
  expect(camera.frames).toEqual([0, 64, 228])
})

test('both timestamps wrap at any packet', () => {
  const camera = new Camera({ videoStart: 2 ** 32 - 9000, audioStart: 2 ** 32 - 1000 })
  camera.picture(0).sound(0).sounds(64, 4).picture(64).picture(128).picture(192)
  expect(camera.pictures).toEqual([0, 64, 128, 192])
  expect(camera.frames).toEqual([0, 64, 128, 192, 256])
})
