import { fileURLToPath } from 'node:url'

import { assetPath } from './assets.ts'
import { RtspSource } from './camera/rtsp-source.ts'
import type { Clock } from './clock.ts'
import { MediaError } from './errors.ts'
import { FileSource } from './file/file-source.ts'
import { ffmpegSnapshot } from './snapshot/ffmpeg-snapshot.ts'
import { sampleStill } from './snapshot/sample-still.ts'
import type { MediaSource } from './source.ts'

/** How {@link openSource} opens. */
export interface OpenSourceOptions {
  /** The time of the process unless told. */
  readonly clock?: Clock
  /** Name or path of ffmpeg, which takes the snapshots of files; `ffmpeg` unless told. */
  readonly ffmpeg?: string
}

/**
 * Opens a source of video.
 * @param spec - `sample` for the one that comes with the package, `rtsp://[USER:PASSWORD@]HOST/PATH` (or
 * `rtsps:`) for a camera, or the path (or `file:` URL) of an MP4 file with H.264 or H.265 video and, at best, AAC-LC audio.
 * @throws MediaError MEDIA_NOT_FOUND, MEDIA_NOT_A_FILE, MEDIA_NOT_READABLE, MEDIA_UNKNOWN_SOURCE,
 * MEDIA_NOT_MP4, MEDIA_TRUNCATED, MEDIA_DAMAGED, MEDIA_NO_VIDEO, MEDIA_UNUSABLE_VIDEO,
 * MEDIA_KEY_FRAME_DISTANCE, MEDIA_READ.
 * @example
 * ```ts
 * await using source = await openSource('sample')
 * for await (const sample of source.samples(AbortSignal.timeout(10_000))) fragmenter.push(sample)
 * ```
 */
export async function openSource(
  spec: string,
  options: OpenSourceOptions = {},
): Promise<MediaSource> {
  const { clock, ffmpeg = 'ffmpeg' } = options
  const timing = clock === undefined ? {} : { clock }
  if (spec === 'sample')
    return await FileSource.open({
      ...timing,
      path: assetPath('sample.mp4'),
      name: 'HKSV sample',
      takeSnapshot: sampleStill,
    })
  if (/^rtsp[st]?:/i.test(spec)) return await RtspSource.open({ ...timing, url: spec, ffmpeg })
  return await FileSource.open({
    ...timing,
    path: pathOf(spec),
    takeSnapshot: (request, signal) => ffmpegSnapshot(ffmpeg, request, signal),
  })
}

function pathOf(spec: string): string {
  if (spec.startsWith('file:')) return fileURLToPath(spec)
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(spec)?.[1]
  // The rest of a URL may hold a password.
  if (scheme !== undefined)
    throw new MediaError('MEDIA_UNKNOWN_SOURCE', { source: `${scheme.toLowerCase()}:` })
  return spec
}
