import { isFmp4Error } from '@hksv/fmp4'

import type { RtpEvent, VideoParameters } from '../rtp/index.ts'
import { LipSync, type RtpFormat, RtpReceiver } from '../rtp/index.ts'
import type {
  AudioDescription,
  LiveAudioDescription,
  SourceSample,
  VideoDescription,
} from '../source.ts'
import {
  describeLiveAudio,
  describeStreamAudio,
  describeStreamVideo,
} from './stream-description.ts'

/** A track that packets come for. */
export interface StreamTrack {
  readonly format: RtpFormat
  readonly transport: 'tcp' | 'udp'
  /** Pictures a second, as the camera claims. */
  readonly frameRate?: number
  /** Where it begins, from RTP-Info. */
  readonly rtpInfoTime?: number
}

/** What comes out of a camera's packets. */
export type StreamEvent =
  /** Before the first picture, and before the first that another description fits. */
  | {
      readonly type: 'described'
      readonly video: VideoDescription
      readonly audio: AudioDescription | undefined
      readonly liveAudio: LiveAudioDescription | undefined
    }
  /** Its data is a view: valid until the next call. */
  | { readonly type: 'sample'; readonly sample: SourceSample }
  /** So many packets are missing. */
  | { readonly type: 'loss'; readonly packets: number }

/**
 * Puts the tracks of a camera together: packets in, samples and what they are out. Owns no socket, timer
 * or clock; `now` is in ms that never go back.
 *
 * 1. `receive` each packet; `take` after it, and after `tick`: packets of RTCP to be sent.
 * 2. `tick` at `deadline`.
 *
 * Sound that HomeKit does not record as it is is told apart as `live-audio`. Sound may come before the
 * first picture, to which some of it belongs.
 */
export class StreamReceiver {
  readonly #tracks: readonly { readonly track: StreamTrack; readonly receiver: RtpReceiver }[]
  readonly #audio: AudioDescription | undefined
  readonly #liveAudio: LiveAudioDescription | undefined
  #isDescribed = false

  /** @param random - Gives so many random bytes. */
  constructor(tracks: readonly StreamTrack[], random: (length: number) => Uint8Array) {
    const sync = new LipSync()
    this.#tracks = tracks.map(track => {
      const { format, transport, rtpInfoTime } = track
      const ssrc = new DataView(random(4).slice().buffer).getUint32(0)
      const info = rtpInfoTime === undefined ? {} : { rtpInfoTime }
      return { track, receiver: new RtpReceiver({ format, transport, sync, ssrc, ...info }) }
    })
    const sounds = tracks.map(({ format }) => describeStreamAudio(format))
    this.#audio = sounds.find(sound => sound !== undefined)
    const others = tracks.map(({ format }) => describeLiveAudio(format))
    this.#liveAudio = this.#audio ? undefined : others.find(sound => sound !== undefined)
  }

  /** Takes a packet of RTP or RTCP for a track. */
  receive(index: number, bytes: Uint8Array, now: number): StreamEvent[] {
    const found = this.#tracks[index]
    return found === undefined ? [] : this.#events(found.track, found.receiver.receive(bytes, now))
  }

  /** @returns A packet of RTCP to be sent for a track, until there is none. */
  take(): { readonly track: number; readonly bytes: Uint8Array } | undefined {
    for (const [track, { receiver }] of this.#tracks.entries()) {
      const bytes = receiver.take()
      if (bytes !== undefined) return { track, bytes }
    }
    return undefined
  }

  /** When to call `tick` next. */
  deadline(): number | undefined {
    const deadlines = this.#tracks.flatMap(({ receiver }) => receiver.deadline() ?? [])
    return deadlines.length === 0 ? undefined : Math.min(...deadlines)
  }

  /** Gives up waiting for packets that are late, and reports. */
  tick(now: number): StreamEvent[] {
    return this.#tracks.flatMap(({ track, receiver }) => this.#events(track, receiver.tick(now)))
  }

  #events(track: StreamTrack, events: readonly RtpEvent[]): StreamEvent[] {
    const out: StreamEvent[] = []
    for (const event of events) {
      if (event.type === 'sample') {
        const { sample } = event
        if (sample.track === 'video' ? this.#isDescribed : this.#audio !== undefined)
          out.push({ type: 'sample', sample })
        else if (sample.track === 'audio' && this.#liveAudio !== undefined) {
          const { decodeTime, data } = sample
          const live = { track: 'live-audio', decodeTime, isSync: true, data } as const
          out.push({ type: 'sample', sample: live })
        }
      } else if (event.type === 'loss') out.push(event)
      else if (event.type === 'parameters' && isVideo(event.parameters)) {
        out.push(...this.#describe(track, event.parameters))
      }
    }
    return out
  }

  #describe({ format, frameRate }: StreamTrack, parameters: VideoParameters): StreamEvent[] {
    try {
      const video = describeStreamVideo(parameters, format.clockRate, frameRate)
      this.#isDescribed = true
      const [audio, liveAudio] = [this.#audio, this.#liveAudio]
      return [{ type: 'described', video, audio, liveAudio }]
    } catch (error) {
      if (!isFmp4Error(error)) throw error
      // Parameter sets that nobody can read come again, perhaps better ones.
      this.#isDescribed = false
      return []
    }
  }
}

function isVideo(parameters: { readonly codec: string }): parameters is VideoParameters {
  return parameters.codec === 'h264' || parameters.codec === 'h265'
}
