import type { AudioTrack, VideoTrack } from '@hksv/fmp4'

import type { SourceDescription } from './source.ts'

/**
 * Says what the init segment of a recording is made of: video is track 1, audio track 2.
 * @example
 * ```ts
 * const init = initSegment(movieTracks(source.description))
 * ```
 */
export function movieTracks({ video, audio }: SourceDescription): {
  video: VideoTrack
  audio?: AudioTrack
} {
  const { timescale, width, height, sps, pps } = video
  const common = { trackId: 1, timescale, width, height, sps, pps }
  const videoTrack: VideoTrack =
    video.codec === 'h264'
      ? { codec: 'avc1', ...common }
      : { codec: 'hvc1', ...common, vps: video.vps }
  if (audio === undefined) return { video: videoTrack }
  const { sampleRate, channels, audioSpecificConfig } = audio
  const audioTrack = { trackId: 2, sampleRate, channels, audioSpecificConfig }
  return { video: videoTrack, audio: { codec: 'mp4a', ...audioTrack } }
}
