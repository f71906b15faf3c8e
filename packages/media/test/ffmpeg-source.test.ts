import { chmodSync, readFileSync, writeFileSync } from 'node:fs'

import { type MediaSource, openSource } from '@hksv/media'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'

import { ffmpegChildren } from './support/children.ts'
import {
  ClipDirectory,
  decodeErrors,
  describeWithFfmpeg,
  frameHashes,
  h264,
  h265,
  pattern,
} from './support/ffmpeg.ts'
import { jpegSize } from './support/jpeg.ts'
import { recordSource, samplesOf } from './support/record.ts'
import { VirtualClock } from './support/virtual-clock.ts'

/** What is written for a shell, of arguments without quotes. */
const lavfi = (video: string, audio?: string) =>
  `ffmpeg:-re -f lavfi -i ${video}${audio === undefined ? '' : ` -re -f lavfi -i ${audio}`}`

describeWithFfmpeg('a source that ffmpeg reads', () => {
  const clips = new ClipDirectory()
  const sources: MediaSource[] = []
  afterEach(async () => {
    for (const source of sources.splice(0)) await source[Symbol.asyncDispose]()
    expect(ffmpegChildren()).toEqual([])
  })
  async function open(spec: string, options: Parameters<typeof openSource>[1] = {}) {
    const source = await openSource(spec, { transcode: 'auto', ...options })
    sources.push(source)
    return source
  }
  /** Records it, and has ffmpeg decode what came. */
  async function decoded(source: MediaSource, seconds: number, name: string) {
    const { init, bytes, samples } = await recordSource(source, seconds)
    const path = clips.file(name)
    writeFileSync(path, Buffer.concat([init, ...bytes]))
    expect(decodeErrors(path)).toBe('')
    return samples
  }

  test('raw pictures and a tone become H.264 and AAC', async () => {
    const source = await open(lavfi('testsrc2=size=320x240:rate=15', 'sine=sample_rate=44100'))
    expect(source.description).toMatchObject({
      video: { codec: 'h264', width: 320, height: 240 },
      audio: { codec: 'aac-lc', sampleRate: 44_100, channels: 1 },
    })
    expect(source.warnings.join()).toMatch(/RAWVIDEO.*PCM_S16LE/)
    const samples = await decoded(source, 3, 'raw.mp4')
    const video = samples.filter(({ track }) => track === 'video')
    expect(video.length).toBe(45)
    expect(video.filter(({ isSync }) => isSync)).toHaveLength(2)
    // No B frames, which would come late.
    expect(video.every(({ compositionTimeOffset = 0 }) => compositionTimeOffset === 0)).toBe(true)
    expect(samples.some(({ track }) => track === 'audio')).toBe(true)
  })
  const alaw = ['-c:a', 'pcm_alaw', '-ar', '8000', '-ac', '1']

  test('MPEG-4 Part 2 and G.711 in an AVI file are encoded, the file over and over', async () => {
    const path = clips.make('mpeg4.avi', [...pattern({ seconds: 1 }), '-c:v', 'mpeg4', ...alaw])
    await expect(openSource(path)).rejects.toMatchObject({ code: 'MEDIA_NOT_MP4' })
    const source = await open(path)
    expect(source.warnings.join()).toMatch(/MPEG4.*PCM_ALAW/)
    expect(source.description.audio).toMatchObject({ codec: 'aac-lc', sampleRate: 8000 })
    await decoded(source, 2.5, 'mpeg4.mp4')
  })

  test('H.264 with B frames and a changing rate is copied, Opus is encoded', async () => {
    const b = [...h264(15, '-bf', '2'), '-vf', "select='not(eq(mod(n,4),3))'", '-fps_mode', 'vfr']
    const path = clips.make('opus.mkv', [...pattern({ seconds: 4 }), ...b, '-c:a', 'libopus'])
    const source = await open(path)
    expect(source.warnings.join()).toMatch(/encodes the sound \(it is OPUS, not AAC\)\.$/)
    const samples = await decoded(source, 3, 'opus.mp4')
    const video = samples.filter(({ track }) => track === 'video')
    expect(video.some(({ compositionTimeOffset = 0 }) => compositionTimeOffset > 0)).toBe(true)
    const times = video.map(({ decodeTime }) => decodeTime)
    const gaps = new Set(times.slice(3).map((time, i) => time - (times[i + 2] ?? 0)))
    expect(gaps.size).toBeGreaterThan(1)
  })

  test('H.264 and AAC are copied: their bytes are those of the file', async () => {
    const path = clips.make('copy.ts', [...pattern(), ...h264(15), '-c:a', 'aac', '-f', 'mpegts'])
    const source = await open(`ffmpeg:-re -i ${path}`, { transcode: 'never' })
    expect(source.warnings).toEqual([])
    const samples = await decoded(source, 2.5, 'copy.mp4')
    const copy = clips.file('copy.mp4')
    const pictures = frameHashes(copy, 'v')
    expect(pictures.length).toBeGreaterThan(30)
    expect(pictures).toEqual(frameHashes(path, 'v').slice(0, pictures.length))
    const remuxed = clips.make('remuxed.mp4', ['-i', path, '-c', 'copy'])
    const sound = frameHashes(copy, 'a', { copy: true })
    expect(sound.length).toBeGreaterThan(60)
    const isPart = frameHashes(remuxed, 'a', { copy: true }).join().includes(sound.join())
    expect(isPart).toBe(true)
    expect(samples.every(({ decodeTime }) => Number.isInteger(decodeTime))).toBe(true)
  })

  test('key frames ten seconds apart are put closer together', async () => {
    const path = clips.make('long.mp4', [...pattern({ seconds: 10 }), ...h264(150), '-c:a', 'aac'])
    const source = await open(path)
    expect(source.warnings.join()).toMatch(/its key frames are 10\.0 s apart/)
    const samples = await decoded(source, 5, 'closer.mp4')
    expect(samples.filter(({ track, isSync }) => track === 'video' && isSync)).toHaveLength(3)
    const never = await open(path, { transcode: 'never' })
    expect(never.warnings).toEqual([])
  })

  test('of a stream it is found out, and said', async () => {
    const path = clips.make('long.ts', [...pattern({ seconds: 8 }), ...h264(120), '-an'])
    const notes: string[] = []
    const source = await open(`ffmpeg:-re -i ${path}`, { note: text => notes.push(text) })
    expect(source.warnings).toEqual([])
    const { description } = source
    let last = 0
    for await (const { decodeTime } of source.samples(AbortSignal.timeout(30_000))) {
      last = decodeTime / description.video.timescale
    }
    expect(last).toBeLessThan(4.2)
    expect(source.description).not.toBe(description)
    expect(notes.join()).toMatch(/encodes the video \(its key frames are more than 4 s apart\)/)
    const samples = await samplesOf(source, 4.5)
    expect(samples.filter(({ isSync }) => isSync).length).toBe(3)
  }, 30_000)

  test('H.265 stays, unless it may not', async () => {
    const path = clips.make('hevc.mkv', [...pattern({ size: '320x240' }), ...h265(15), '-an'])
    const kept = await open(path)
    expect(kept.description.video.codec).toBe('h265')
    await decoded(kept, 2, 'kept.mp4')
    const encoded = await open(path, { isHevcAllowed: false })
    expect(encoded.description.video.codec).toBe('h264')
    expect(encoded.warnings.join()).toContain('it is HEVC, not H.264')
  })

  test('what is encoded is encoded as wanted', async () => {
    const source = await open(lavfi('testsrc2=size=640x480:rate=30', 'sine=sample_rate=48000'))
    const before = source.description
    const wanted = {
      video: {
        ...({ codec: 'h264', width: 320, height: 180, framesPerSecond: 15 } as const),
        ...{ bitRateKbps: 300, keyFrameIntervalMs: 1000 },
      },
      audio: {
        codec: 'aac-lc',
        sampleRate: 16_000,
        channels: 1,
        isConstantBitRate: false,
      } as const,
    }
    let count = 0
    for await (const _ of source.samples(AbortSignal.timeout(20_000))) {
      if (++count === 5) source.prefer?.(wanted)
    }
    expect(source.description).not.toBe(before)
    // The first run finds out what it is, and the next one delivers it.
    for await (const _ of source.samples(AbortSignal.timeout(20_000))) break
    expect(source.description).toMatchObject({
      video: { width: 240, height: 180 },
      audio: { sampleRate: 16_000 },
    })
    const samples = await decoded(source, 3, 'wanted.mp4')
    const video = samples.filter(({ track }) => track === 'video')
    expect(video.length).toBe(45)
    expect(video.filter(({ isSync }) => isSync)).toHaveLength(3)
  })

  test('everything is encoded when that is wished', async () => {
    const path = clips.make('fine.mp4', [...pattern({ seconds: 2 }), ...h264(15), '-c:a', 'aac'])
    const as = await open(path)
    expect(as.warnings).toEqual([])
    const encoded = await open(path, { transcode: 'always' })
    expect(encoded.warnings.join()).toContain(
      'the video (as you wished) and the sound (as you wished)',
    )
    expect(encoded.description.video.sps).not.toEqual(as.description.video.sps)
    await decoded(encoded, 1, 'always.mp4')
  })

  test('a picture is made of the newest key frame', async () => {
    const source = await open(lavfi('testsrc2=size=320x240:rate=15'))
    const size = { width: 160, height: 120 }
    expect(jpegSize(await source.snapshot(size, AbortSignal.timeout(20_000)))).toEqual(size)
    await expect(
      source.snapshot({ width: 0, height: 120 }, AbortSignal.timeout(20_000)),
    ).rejects.toThrow(RangeError)
  })

  test('it is gone when whoever reads stops, aborts, or closes', async () => {
    const source = await open(lavfi('testsrc2=size=320x240:rate=15'))
    for await (const _ of source.samples(AbortSignal.timeout(20_000))) {
      expect(ffmpegChildren()).toHaveLength(1)
      break
    }
    expect(ffmpegChildren()).toEqual([])
    const abort = new AbortController()
    for await (const _ of source.samples(abort.signal)) abort.abort()
    expect(ffmpegChildren()).toEqual([])
    for await (const _ of source.samples(new AbortController().signal))
      await source[Symbol.asyncDispose]()
    expect(ffmpegChildren()).toEqual([])
    await expect(samplesOf(source, 1)).rejects.toMatchObject({ code: 'MEDIA_CLOSED' })
  })

  test('killed in the middle it says so, and can be read again', async () => {
    const source = await open(lavfi('testsrc2=size=320x240:rate=15'))
    const read = async () => {
      for await (const _ of source.samples(AbortSignal.timeout(20_000)))
        for (const { pid } of ffmpegChildren()) process.kill(pid, 'SIGKILL')
    }
    await expect(read()).rejects.toMatchObject({
      code: 'MEDIA_FFMPEG_ENDED',
      message: expect.stringContaining('killed by SIGKILL'),
    })
    expect(await samplesOf(source, 0.5)).not.toHaveLength(0)
  })

  test('an encoder may say what it is with its first picture only', async () => {
    const program = clips.file('late-ffmpeg')
    // As encoders of hardware do, it has no parameter sets before.
    const script = [
      '#!/bin/sh',
      'for a do shift; set -- "$@" "$a"',
      '[ "$a" = libx264 ] && set -- "$@" -flags:v -global_header; done',
      'exec ffmpeg "$@"',
    ]
    writeFileSync(program, script.join('\n'))
    chmodSync(program, 0o755)
    const source = await open(lavfi('testsrc2=size=320x240:rate=15'), { ffmpeg: program })
    expect(source.description.video).toMatchObject({ codec: 'h264', width: 320, height: 240 })
    await decoded(source, 1, 'late.mp4')
  })

  test('a reader who does not read makes it wait', async () => {
    const clip = ['-f', 'lavfi', '-t', '4', '-i', 'testsrc2=size=640x480:rate=30']
    const path = clips.make('large one.mp4', [...clip, ...h264(30, '-crf', '5')])
    // Without -re it would write hundreds of megabytes a second.
    const source = await open(`ffmpeg:-stream_loop -1 -i "${path}"`)
    for await (const _ of source.samples(AbortSignal.timeout(20_000))) {
      const [{ pid } = { pid: 0 }] = ffmpegChildren()
      const written = () =>
        Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])
      let before = -1
      const isStill = () => {
        const now = written()
        const isSame = now === before
        before = now
        return isSame
      }
      await expect.poll(isStill, { interval: 200, timeout: 10_000 }).toBe(true)
      expect(before).toBeGreaterThan(100_000)
      expect(before).toBeLessThan(3 * 2 ** 20)
      break
    }
  })

  test('one that neither delivers nor ends is given up and killed', async () => {
    const program = clips.file('hangs-ffmpeg')
    const found = 'Stream #0:0: Video: h264, yuv420p, 320x240, 15 fps'
    // It says what it finds, and then hangs on, whatever it is asked.
    const script = `#!/bin/sh\ncase "$*" in *pipe:1*) trap '' TERM; while :; do sleep 0.1; done;; esac\nprintf '%s\\n' 'Input #0' '${found}' >&2\nexit 1\n`
    writeFileSync(program, script)
    chmodSync(program, 0o755)
    const opened = openSource('ffmpeg:-i x', { ffmpeg: program, ffmpegDeadlineMs: 500 })
    await expect(opened).rejects.toMatchObject({ code: 'MEDIA_FFMPEG_TIMEOUT' })
  })

  test('what comes faster than time is held back', async () => {
    const clock = new VirtualClock()
    const startedAt = clock.now()
    // Without -re it would be over at once.
    const source = await open('ffmpeg:-f lavfi -i testsrc2=size=320x240:rate=15:duration=60', {
      clock,
    })
    const { timescale } = source.description.video
    for await (const { decodeTime } of source.samples(AbortSignal.timeout(20_000))) {
      const seconds = decodeTime / timescale
      expect(seconds - (clock.now() - startedAt) / 1000).toBeLessThan(5.001)
      if (seconds > 20) break
    }
    expect(clock.sleeps).toBeGreaterThan(100)
  })

  describe('says in one sentence what is wrong:', () => {
    beforeAll(() => {
      writeFileSync(clips.file('text.txt'), 'this is no video\n'.repeat(100))
      const mp4 = clips.make('whole.mp4', [...pattern({ seconds: 1 }), ...h264(15)])
      clips.make('sound.mka', ['-f', 'lavfi', '-t', '1', '-i', 'sine'])
      expect(mp4).not.toBe('')
    })
    const at = (name: string) => clips.file(name)
    test.each([
      ['a text', () => `ffmpeg:-i ${at('text.txt')}`, 'MEDIA_FFMPEG_INPUT', 'it is a text'],
      ['a missing file', () => `ffmpeg:-i ${at('none.avi')}`, 'MEDIA_FFMPEG_INPUT', 'no such file'],
      ['sound alone', () => `ffmpeg:-i ${at('sound.mka')}`, 'MEDIA_FFMPEG_NO_VIDEO', 'no video'],
      [
        'nobody there',
        () => 'ffmpeg:-i rtsp://porch:s3cret@127.0.0.1:9/x',
        'MEDIA_FFMPEG_INPUT',
        'connection refused',
      ],
      [
        'an option',
        () => 'ffmpeg:-nonsense 1 -i x',
        'MEDIA_FFMPEG_ARGUMENTS',
        'does not know the option nonsense',
      ],
      ['no -i', () => 'ffmpeg:-re', 'MEDIA_FFMPEG_ARGUMENTS', 'no -i'],
      [
        'output options',
        () => 'ffmpeg:-i x -c:v libx264',
        'MEDIA_FFMPEG_ARGUMENTS',
        'stands behind the input',
      ],
      ['a protocol', () => 'ffmpeg:-i gopher3://x', 'MEDIA_FFMPEG_INPUT', 'this kind of address'],
    ])('%s', async (_what, spec, code, text) => {
      const error: unknown = await openSource(spec(), { transcode: 'auto' }).catch(e => e)
      expect(error).toMatchObject({ code })
      const { message } = error as Error
      expect(message).toContain(text)
      expect(message).not.toContain('s3cret')
      expect(message).not.toContain('\n')
    })

    test('an encoder that is not there', async () => {
      const opened = open(lavfi('testsrc2=size=320x240'), { encoder: 'h264_nothing' })
      await expect(opened).rejects.toMatchObject({
        code: 'MEDIA_FFMPEG_ENCODER',
        message: expect.stringContaining('h264_nothing'),
      })
      const noDevice = open(lavfi('testsrc2=size=320x240'), { encoder: 'h264_nvenc' })
      await expect(noDevice).rejects.toMatchObject({ code: 'MEDIA_FFMPEG_ENCODER' })
    })

    test('no ffmpeg', async () => {
      const options = { ffmpeg: clips.file('no-ffmpeg') }
      await expect(open('ffmpeg:-i x', options)).rejects.toMatchObject({
        code: 'MEDIA_FFMPEG_MISSING',
      })
      // A file that nobody else can read is no file for us.
      await expect(open(clips.file('text.txt'), options)).rejects.toMatchObject({
        code: 'MEDIA_NOT_MP4',
      })
    })

    test('what may not be encoded', async () => {
      const opened = open(lavfi('testsrc2=size=320x240'), { transcode: 'never' })
      await expect(opened).rejects.toMatchObject({
        code: 'MEDIA_NOT_RECORDABLE',
        message: expect.stringContaining('it is RAWVIDEO, not H.264'),
      })
    })
  })

  test('without ffmpeg a file is taken as far as it goes, and that is said', async () => {
    const path = clips.make('alaw.mov', [...pattern({ seconds: 2 }), ...h264(15), ...alaw])
    const notes: string[] = []
    const ffmpeg = clips.file('no-ffmpeg')
    const source = await open(path, { ffmpeg, note: text => notes.push(text) })
    expect(source.description.audio).toBeUndefined()
    expect(notes).toEqual([expect.stringMatching(/^It is taken as it is: .*install it/)])
    const better = await open(path)
    expect(better.description.audio).toMatchObject({ codec: 'aac-lc', sampleRate: 8000 })
  })
})
