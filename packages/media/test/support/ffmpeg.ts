import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

const isInstalled = ['ffmpeg', 'ffprobe'].every(
  program => spawnSync(program, ['-version']).status === 0,
)

/** A group of tests that need ffmpeg: left out with a visible reason without it, but not in CI. */
export function describeWithFfmpeg(name: string, body: () => void): void {
  const { CI } = process.env
  const missing = 'ffmpeg and ffprobe are not on PATH'
  if (isInstalled) describe(name, body)
  else if (CI === 'true')
    test(name, () => {
      throw new Error(`${missing}, and CI has to run these tests`)
    })
  else describe.skipIf(true)(`${name} (${missing})`, body)
}

/** A directory for the clips of one test file; made when it is needed, it goes away with the tests. */
export class ClipDirectory {
  #path: string | undefined

  constructor() {
    afterAll(() => {
      if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true })
    })
  }

  get path(): string {
    this.#path ??= mkdtempSync(join(tmpdir(), 'hksv-clips-'))
    return this.#path
  }

  file(name: string): string {
    return join(this.path, name)
  }

  /** Runs ffmpeg with the file as the last argument. @returns The path of the file. */
  make(name: string, args: readonly string[]): string {
    const path = this.file(name)
    execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args, path])
    return path
  }
}

/** Arguments that make test pictures and a tone. */
export function pattern({ seconds = 3, rate = 15, size = '160x120', audioRate = 32_000 } = {}) {
  return [
    ...['-f', 'lavfi', '-t', `${seconds}`, '-i', `testsrc2=size=${size}:rate=${rate}`],
    ...['-f', 'lavfi', '-t', `${seconds}`, '-i', `sine=frequency=440:sample_rate=${audioRate}`],
  ]
}

/** Arguments of an H.264 encoder that is quick. */
export function h264(gop: number, ...more: readonly string[]): string[] {
  return [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-crf',
    '35',
    '-g',
    `${gop}`,
    '-bf',
    '0',
    ...more,
  ]
}

/** Arguments of an H.265 encoder that is quick; `options` are x265's own. */
export function h265(gop: number, options = 'bframes=0', ...more: readonly string[]): string[] {
  const common = `log-level=error:info=0:keyint=${gop}:min-keyint=${gop}:scenecut=0:open-gop=0`
  const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-crf', '40']
  return [...x265, '-x265-params', `${common}:${options}`, '-tag:v', 'hvc1', ...more]
}

/** @returns Codec, tag and number of packets of the video, as ffprobe tells them. */
export function videoStream(path: string): { codec: string; tag: string; packets: number } {
  const entries = ['-show_entries', 'stream=codec_name,codec_tag_string,nb_read_packets']
  const args = ['-v', 'error', '-select_streams', 'v', '-count_packets', ...entries]
  const text = execFileSync('ffprobe', [...args, '-of', 'csv=p=0', path], { encoding: 'utf8' })
  const [codec = '', tag = '', packets = ''] = text.trim().split(',')
  return { codec, tag, packets: Number(packets) }
}

/** Decodes all of a file. @returns What ffmpeg has to say; nothing when all is well. */
export function decodeErrors(path: string): string {
  // Times are kept as they are: rounded to a frame rate, two could fall together.
  const output = ['-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'null', '-']
  const { stderr, status } = spawnSync(
    'ffmpeg',
    ['-v', 'error', '-nostdin', '-xerror', '-i', path, ...output],
    { encoding: 'utf8' },
  )
  return status === 0 ? stderr : `exit ${status}: ${stderr}`
}

/** @returns A hash of every decoded picture, or, with `copy`, of every packet of a track. */
export function frameHashes(path: string, track: 'v' | 'a', { copy = false } = {}): string[] {
  const codec = copy ? ['-c', 'copy'] : ['-fps_mode', 'passthrough']
  const args = ['-v', 'error', '-nostdin', '-i', path, '-map', `0:${track}`, ...codec]
  const text = execFileSync('ffmpeg', [...args, '-f', 'framemd5', '-'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  return (
    text
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
      // Side data has columns of its own behind it.
      .map(line => line.split(',')[5]?.trim() ?? '')
  )
}

/** @returns Times of all packets of a track in seconds, in decoding order. */
export function packetTimes(path: string, track: 'v' | 'a'): number[] {
  const args = ['-v', 'error', '-select_streams', track, '-show_entries', 'packet=pts_time']
  return execFileSync('ffprobe', [...args, '-of', 'csv=p=0', path], { encoding: 'utf8' })
    .split('\n')
    .flatMap(line => (line.trim() === '' ? [] : [Number.parseFloat(line)]))
}

/** @returns The mean brightness of a picture, 0 to 255. */
export function brightness(path: string): number {
  const gray = ['-vf', 'scale=1:1:flags=area', '-pix_fmt', 'gray', '-f', 'rawvideo', '-']
  return execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-i', path, ...gray])[0] ?? 0
}
