import { isFmp4Error, type MediaSample } from '@hksv/fmp4'

import type { RtpEvent, VideoParameters } from '../rtp/index.ts'
import { isRtcp, LipSync, type RtpFormat, RtpReceiver } from '../rtp/index.ts'
import type {
  AudioDescription,
  LiveAudioDescription,
  SourceSample,
  VideoDescription,
} from '../source.ts'
import type { StreamStatistics } from './health-record.ts'
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

interface Track {
  readonly track: StreamTrack
  readonly receiver: RtpReceiver
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
  /** Its data stays as it is. */
  | { readonly type: 'sample'; readonly sample: SourceSample }
  /** So many packets are missing. */
  | { readonly type: 'loss'; readonly packets: number }
  /** There are no pictures up to the next key frame, as something is missing or damaged. */
  | { readonly type: 'waiting' }
  /** The camera began its stream anew, or set its clock; the times go on. */
  | { readonly type: 'restart' }
  /** Nothing will come any more: the camera said so, or there were no whole pictures for long. */
  | { readonly type: 'over'; readonly why: 'bye' | 'no pictures' }

/** Packets may come, and never make a picture: another connection begins with a key frame most often. */
const NO_PICTURE_MS = 20_000
/** After a goodbye that nothing follows. */
const BYE_MS = 1000
const none: StreamEvent[] = []

/**
 * Puts the tracks of a camera together: packets in, samples and what they are out. Owns no socket, timer
 * or clock; `now` is in ms that never go back.
 *
 * 1. `receive` each packet; `take` after it, and after `tick`: packets of RTCP to be sent.
 * 2. `tick` at `deadline`.
 * 3. `end` when the connection is over.
 *
 * No sample follows a gap but a key frame, and what needs nothing from before it. Sound that HomeKit does
 * not record as it is is told apart as `live-audio`. Sound may come before the first picture, to which some
 * of it belongs.
 */
export class StreamReceiver {
  readonly #tracks: readonly Track[]
  readonly #audio: AudioDescription | undefined
  readonly #liveAudio: LiveAudioDescription | undefined
  #isDescribed = false
  /** When it is over, if no picture comes before. */
  #pictureBy = Number.POSITIVE_INFINITY
  #byeBy = Number.POSITIVE_INFINITY

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
    if (found === undefined) return []
    if (this.#pictureBy === Number.POSITIVE_INFINITY) this.#pictureBy = now + NO_PICTURE_MS
    // Some senders say goodbye to a source that they go on with under another name.
    if (!isRtcp(bytes)) this.#byeBy = Number.POSITIVE_INFINITY
    return this.#events(found, found.receiver.receive(bytes, now), now)
  }

  get statistics(): StreamStatistics {
    const sum = { packets: 0, lost: 0, dropped: 0 }
    for (const { receiver } of this.#tracks) {
      const { packets, lost, dropped } = receiver.statistics
      sum.packets += packets
      sum.lost += lost
      sum.dropped += dropped
    }
    return sum
  }

  /** @returns A packet of RTCP to be sent for a track, until there is none. */
  take(): { readonly track: number; readonly bytes: Uint8Array } | undefined {
    // This and `deadline` are asked after each packet: no entries, no lists.
    for (let track = 0; track < this.#tracks.length; track++) {
      const bytes = this.#tracks[track]?.receiver.take()
      if (bytes !== undefined) return { track, bytes }
    }
    return undefined
  }

  /** When to call `tick` next. */
  deadline(): number | undefined {
    let first = Math.min(this.#pictureBy, this.#byeBy)
    for (const { receiver } of this.#tracks) {
      const deadline = receiver.deadline()
      if (deadline !== undefined && deadline < first) first = deadline
    }
    return first === Number.POSITIVE_INFINITY ? undefined : first
  }

  /** Gives up waiting for packets that are late, and reports. */
  tick(now: number): StreamEvent[] {
    const events = this.#tracks.flatMap(one => this.#events(one, one.receiver.tick(now), now))
    if (now >= Math.min(this.#pictureBy, this.#byeBy)) {
      events.push({ type: 'over', why: now >= this.#byeBy ? 'bye' : 'no pictures' })
      this.#pictureBy = Number.POSITIVE_INFINITY
      this.#byeBy = Number.POSITIVE_INFINITY
    }
    return events
  }

  /** No packet follows: delivers what is complete. */
  end(now: number): StreamEvent[] {
    return this.#tracks.flatMap(one => this.#events(one, one.receiver.end(), now))
  }

  #events(of: Track, events: readonly RtpEvent[], now: number): StreamEvent[] {
    if (events.length === 0) return none
    const told: StreamEvent[] = []
    for (const event of events) {
      const one = this.#event(of, event, now)
      if (one !== undefined) told.push(one)
    }
    return told
  }

  #event({ track }: Track, event: RtpEvent, now: number): StreamEvent | undefined {
    switch (event.type) {
      case 'sample':
        return this.#sample(event.sample, now)
      case 'parameters':
        return isVideo(event.parameters) ? this.#describe(track, event.parameters) : undefined
      case 'loss':
        return event
      case 'waiting':
      case 'restart':
        return { type: event.type }
      case 'bye':
        if (track.format.kind === 'video') this.#byeBy = now + BYE_MS
        return undefined
    }
  }

  #sample(sample: MediaSample, now: number): StreamEvent | undefined {
    if (sample.track === 'video') {
      if (!this.#isDescribed) return undefined
      this.#pictureBy = now + NO_PICTURE_MS
    } else if (this.#audio === undefined) {
      if (this.#liveAudio === undefined) return undefined
      const { decodeTime, data } = sample
      const live = { track: 'live-audio', decodeTime, isSync: true, data } as const
      return { type: 'sample', sample: live }
    }
    return { type: 'sample', sample }
  }

  #describe(
    { format, frameRate }: StreamTrack,
    parameters: VideoParameters,
  ): StreamEvent | undefined {
    try {
      const video = describeStreamVideo(parameters, format.clockRate, frameRate)
      this.#isDescribed = true
      const [audio, liveAudio] = [this.#audio, this.#liveAudio]
      return { type: 'described', video, audio, liveAudio }
    } catch (error) {
      if (!isFmp4Error(error)) throw error
      // Parameter sets that nobody can read come again, perhaps better ones.
      this.#isDescribed = false
      return undefined
    }
  }
}

function isVideo(parameters: { readonly codec: string }): parameters is VideoParameters {
  return parameters.codec === 'h264' || parameters.codec === 'h265'
}
