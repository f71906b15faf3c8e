import { execFile } from 'node:child_process'

import type { PictureSize } from '../source.ts'

/** More than any camera's JPEG. */
const maxLength = 32 * 1024 * 1024

/**
 * Has ffmpeg take one picture, fitted into the wanted size with black bars.
 * @param program - Name or path of ffmpeg.
 * @param input - Its options up to `-i` and what follows.
 * @param bytes - For its standard input.
 * @returns A JPEG file; nothing when there is no ffmpeg, or it delivers nothing.
 * @throws The reason of the signal when it aborts; ffmpeg is killed then.
 */
export async function takePicture(
  program: string,
  { width, height }: PictureSize,
  input: readonly string[],
  signal: AbortSignal,
  bytes: Uint8Array = new Uint8Array(),
): Promise<Uint8Array | undefined> {
  const size = `${width}:${height}`
  const fit = `scale=${size}:force_original_aspect_ratio=decrease,pad=${size}:-1:-1,setsar=1`
  const output = ['-frames:v', '1', '-an', '-vf', fit, '-q:v', '4', '-f', 'mjpeg', 'pipe:1']
  const args = ['-v', 'error', '-nostdin', ...input, ...output]
  const options = {
    encoding: 'buffer',
    maxBuffer: maxLength,
  } as const
  signal.throwIfAborted()
  const picture = await new Promise<Uint8Array | undefined>(done => {
    // Not as an option: the listener would stay when there is no such program.
    const abort = () => child.kill('SIGKILL')
    signal.addEventListener('abort', abort)
    const child = execFile(program, args, options, (error, stdout) => {
      signal.removeEventListener('abort', abort)
      done(error === null && stdout.length > 0 ? new Uint8Array(stdout) : undefined)
    })
    // It may have enough before it has read everything.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(bytes)
  })
  signal.throwIfAborted()
  return picture
}
