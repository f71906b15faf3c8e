import type { PictureSize, VideoDescription } from '../source.ts'
import { takePicture } from './run-ffmpeg.ts'

const startCode = Uint8Array.of(0, 0, 0, 1)

/**
 * Makes a picture of a key frame with ffmpeg.
 * @param ffmpeg - Name or path of the program.
 * @param keyFrame - NAL units, each with its length in four bytes.
 * @returns A JPEG file; nothing when there is no ffmpeg, or it delivers nothing.
 * @throws The reason of the signal when it aborts; ffmpeg is killed then.
 */
export async function keyFrameSnapshot(
  ffmpeg: string,
  size: PictureSize,
  video: VideoDescription,
  keyFrame: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const format = video.codec === 'h264' ? 'h264' : 'hevc'
  const bytes = annexB(video, keyFrame)
  return await takePicture(ffmpeg, size, ['-f', format, '-i', 'pipe:0'], signal, bytes)
}

/** A byte stream that can be decoded by itself. @see ITU-T H.264 annex B */
function annexB(video: VideoDescription, keyFrame: Uint8Array): Uint8Array {
  const vps = video.codec === 'h265' ? video.vps : []
  const pieces = [...vps, ...video.sps, ...video.pps].flatMap(nal => [startCode, nal])
  const view = new DataView(keyFrame.buffer, keyFrame.byteOffset, keyFrame.byteLength)
  for (let at = 0; at + 4 <= keyFrame.length; ) {
    const end = Math.min(keyFrame.length, at + 4 + view.getUint32(at))
    pieces.push(startCode, keyFrame.subarray(at + 4, end))
    at = end
  }
  return Buffer.concat(pieces)
}
