import { MediaError } from '../errors.ts'
import { controlBase, controlUrl } from './control.ts'
import type { RtspResponse } from './message.ts'
import { parseSdp } from './sdp.ts'
import type { RtspTrack } from './session-types.ts'
import { chooseTracks, type DescribedTrack } from './track-choice.ts'

/** What the description has led to. */
export interface Plan {
  /** Of PLAY, TEARDOWN and keepalive. */
  readonly aggregateUrl: string
  /** Video, then audio. */
  readonly described: readonly DescribedTrack[]
  /** Those that are set up. */
  readonly tracks: RtspTrack[]
}

/**
 * Reads the answer to DESCRIBE.
 * @param url - Of the request.
 * @throws MediaError MEDIA_RTSP_NO_VIDEO
 */
export function planOf(answer: RtspResponse, url: string, hasAudio: boolean): Plan {
  const sdp = parseSdp(Buffer.from(answer.body).toString('utf8'))
  const base = controlBase(answer, url)
  const { video, audio, refused } = chooseTracks(sdp, base)
  if (video === undefined) {
    const detail = refused.length === 0 ? 'no video at all' : refused.slice(0, 4).join(', ')
    throw new MediaError('MEDIA_RTSP_NO_VIDEO', { source: url, detail })
  }
  const described = audio !== undefined && hasAudio ? [video, audio] : [video]
  return { aggregateUrl: controlUrl(base, sdp.control), described, tracks: [] }
}
