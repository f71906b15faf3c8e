import { resolve } from 'node:path'

import type { PictureSize } from '../source.ts'
import { noPicture } from './no-picture.ts'
import { takePicture } from './run-ffmpeg.ts'

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
  const { path, seconds } = request
  // "file:" keeps a path from being read as an option or as another protocol.
  const input = ['-ss', Math.max(0, seconds).toFixed(3), '-i', `file:${resolve(path)}`]
  const picture = await takePicture(ffmpeg, request, input, signal)
  return picture ?? noPicture(request)
}
