import type { RtpFormat } from '../rtp/rtp-format.ts'
import { rtpFormat } from '../rtp/rtp-format.ts'
import { controlUrl } from './control.ts'
import type { Sdp, SdpMedia } from './sdp.ts'

/** A track that can be received. */
export interface DescribedTrack {
  readonly format: RtpFormat
  /** Of SETUP. */
  readonly url: string
  /** Pictures a second, when the camera says so. */
  readonly frameRate?: number
}

/** The tracks of a camera that are wanted. */
export interface TrackChoice {
  readonly video: DescribedTrack | undefined
  readonly audio: DescribedTrack | undefined
  /** Codecs of video that are not understood, for an explanation. */
  readonly refused: readonly string[]
}

/**
 * Picks the first video and the first audio that are understood. Media that the camera wants to hear
 * (`a=sendonly` of ONVIF) or that is switched off is none.
 * @param base - What controls are relative to.
 * @see ONVIF Streaming Specification §5.3 (back channel)
 */
export function chooseTracks(sdp: Sdp, base: string): TrackChoice {
  const usable = sdp.media.filter(
    ({ kind, direction }) =>
      direction !== 'inactive' && (direction !== 'sendonly' || kind === 'video'),
  )
  const tracks = usable.flatMap(media => {
    const format = media.payloadTypes.map(type => formatOf(media, type)).find(one => one)
    if (format === undefined) return []
    const url = controlUrl(base, media.control)
    const { frameRate } = media
    return [{ format, url, ...(frameRate === undefined ? {} : { frameRate }) }]
  })
  const names = usable
    .filter(({ kind }) => kind === 'video')
    .flatMap(media => media.payloadTypes.map(type => nameOf(media, type)))
  return {
    video: tracks.find(({ format }) => format.kind === 'video'),
    audio: tracks.find(({ format }) => format.kind === 'audio'),
    refused: names,
  }
}

function formatOf(media: SdpMedia, payloadType: number): RtpFormat | undefined {
  const rtpmap = media.rtpmaps.get(payloadType)
  const fmtp = media.fmtps.get(payloadType)
  return rtpFormat({
    payloadType,
    ...(rtpmap === undefined ? {} : { rtpmap }),
    ...(fmtp === undefined ? {} : { fmtp }),
  })
}

/** Static payload types that cameras still offer. @see RFC 3551 table 5 */
const staticVideo: ReadonlyMap<number, string> = new Map([
  [26, 'JPEG'],
  [32, 'MPEG-1 or 2'],
  [34, 'H263'],
])

/** @returns A short name of printable characters. */
function nameOf(media: SdpMedia, payloadType: number): string {
  const name = media.rtpmaps.get(payloadType)?.split('/')[0] ?? staticVideo.get(payloadType)
  return (name ?? `payload type ${payloadType}`).replaceAll(/[^\w. -]/g, '?').slice(0, 24)
}
