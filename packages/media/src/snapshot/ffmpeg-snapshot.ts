import { execFile } from 'node:child_process'
import { resolve } from 'node:path'

import { readAsset } from '../assets.ts'
import type { PictureSize } from '../source.ts'

/** More than any camera's JPEG. */
const maxLength = 32 * 1024 * 1024

/**
 * Takes a picture of a video file with ffmpeg, fitted into the wanted size with black bars.
 * @param ffmpeg - Name or path of the program.
 * @returns A JPEG file; the "no picture" still when there is no ffmpeg, or it delivers nothing.
 * @throws The reason of the signal when it aborts; ffmpeg is killed then.
 */
export async function ffmpegSnapshot(
  ffmpeg: string,
  request: PictureSize & { readonly path: string; readonly seconds: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { path, seconds, width, height } = request
  const size = `${width}:${height}`
  const fit = `scale=${size}:force_original_aspect_ratio=decrease,pad=${size}:-1:-1,setsar=1`
  // "file:" keeps a path from being read as an option or as another protocol.
  const input = ['-ss', Math.max(0, seconds).toFixed(3), '-i', `file:${resolve(path)}`]
  const output = ['-frames:v', '1', '-an', '-vf', fit, '-q:v', '4', '-f', 'mjpeg', 'pipe:1']
  const picture = await run(ffmpeg, ['-v', 'error', '-nostdin', ...input, ...output], signal)
  signal.throwIfAborted()
  return picture ?? (await readAsset('no-picture.jpg'))
}

/** @returns What the program wrote; nothing when it failed. */
function run(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const options = {
    encoding: 'buffer',
    maxBuffer: maxLength,
    killSignal: 'SIGKILL',
    signal,
  } as const
  return new Promise(done => {
    execFile(program, args, options, (error, stdout) => {
      done(error === null && stdout.length > 0 ? new Uint8Array(stdout) : undefined)
    })
  })
}
