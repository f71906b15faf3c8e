import type { Clock } from '@hksv/media'

import type { Requester } from '../database/request-context.ts'
import {
  LiveMedia,
  type LiveMediaOptions,
  type LiveSelection,
  type ViewerReport,
} from './live-media.ts'

/** A controller that sets up and then does not start is gone. */
const START_WITHIN_MS = 10_000
/** So long may nothing be heard of a viewer. */
const RTCP_WITHIN_MS = 30_000

/** One reason for all: each abort without one makes an error with its stack. */
const WOKEN = 'woken'

/** Why a live view ended. */
export type StreamEnd =
  | 'controller'
  | 'replaced'
  | 'connection-lost'
  | 'never-started'
  | 'viewer-silent'
  | 'not-allowed'
  | 'closed'

/** Pictures that a viewer asked for. */
export interface AskedPictures {
  readonly width: number
  readonly height: number
  readonly frameRate: number
  readonly maxBitRateKbps: number
}

/** What a live view was, when it is over. */
export interface StreamReport {
  readonly controllerId: string
  readonly reason: StreamEnd
  /** Nothing when it was never started. */
  readonly durationMs: number | undefined
  /** From the start command to the first packet; nothing when none was sent. */
  readonly firstPacketMs: number | undefined
  /** Packets of both tracks. */
  readonly packets: number
  /** Bytes of their payloads. */
  readonly bytes: number
  /** How often only key frames were sent for a while, because packets were lost. */
  readonly thinnings: number
  /** What the viewer said last of the pictures; nothing of one that never did. */
  readonly viewer: ViewerReport | undefined
  /** What was asked for, last; nothing when it was never started. */
  readonly asked: AskedPictures | undefined
}

/** What a {@link LiveStream} works with. */
export interface LiveStreamOptions extends LiveMediaOptions {
  readonly clock: Clock
  readonly requester: Requester
  /** 16 bytes. */
  readonly sessionId: Uint8Array
  /** It is over, and its sockets are closed. */
  readonly ended: (report: StreamReport) => void
}

/** One live view from its set-up to its end: its media, its sockets, and its time. */
export class LiveStream {
  readonly requester: Requester
  readonly sessionId: Uint8Array
  readonly #options: LiveStreamOptions
  readonly #connectionLost = () => this.end('connection-lost')
  readonly #preparedAt: number
  #media: LiveMedia | undefined
  #selection: LiveSelection | undefined
  #startedAt: number | undefined
  #isOver = false
  #nap = new AbortController()

  constructor(options: LiveStreamOptions) {
    this.#options = options
    this.requester = options.requester
    this.sessionId = options.sessionId
    this.#preparedAt = options.clock.now()
    this.requester.signal.addEventListener('abort', this.#connectionLost)
    void this.#run()
  }

  get isStreaming(): boolean {
    return this.#media !== undefined
  }

  get selection(): LiveSelection | undefined {
    return this.#selection
  }

  start(selection: LiveSelection): void {
    const { clock } = this.#options
    this.#selection = selection
    this.#startedAt = clock.now()
    const media = new LiveMedia(selection, this.#options, {
      now: () => clock.now(),
      wake: () => this.#nap.abort(WOKEN),
    })
    this.#media = media
    media.play()
    this.#nap.abort(WOKEN)
  }

  reconfigure(selection: LiveSelection): void {
    this.#selection = selection
    this.#media?.reconfigure(selection)
  }

  suspend(): void {
    this.#media?.pause()
  }

  resume(): void {
    this.#media?.play()
    this.#nap.abort(WOKEN)
  }

  end(reason: StreamEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    const { clock, video, audio, requester, ended } = this.#options
    const now = clock.now()
    requester.signal.removeEventListener('abort', this.#connectionLost)
    this.#media?.end(now)
    video.socket.close()
    audio.socket.close()
    this.#nap.abort(WOKEN)
    ended({
      controllerId: requester.controllerId,
      reason,
      durationMs: this.#sinceStart(now),
      firstPacketMs: this.#sinceStart(this.#media?.firstPacketAt),
      ...(this.#media?.sent ?? { packets: 0, bytes: 0 }),
      thinnings: this.#media?.thinnings ?? 0,
      viewer: this.#media?.viewerReport,
      asked: this.#asked,
    })
  }

  get #asked(): AskedPictures | undefined {
    const { attributes, rtp } = this.#selection ?? {}
    if (attributes === undefined || rtp === undefined) return undefined
    const { width, height, frameRate } = attributes
    return { width, height, frameRate, maxBitRateKbps: rtp.maxBitRateKbps }
  }

  #sinceStart(time: number | undefined): number | undefined {
    const startedAt = this.#startedAt
    if (startedAt === undefined || time === undefined) return undefined
    return Math.round(time - startedAt)
  }

  async #run(): Promise<void> {
    const { clock } = this.#options
    while (!this.#isOver) {
      const now = clock.now()
      if (now >= this.#expiresAt) {
        this.end(this.#startedAt === undefined ? 'never-started' : 'viewer-silent')
        return
      }
      this.#media?.work(now)
      this.#nap = new AbortController()
      const mediaAt = this.#media?.deadline ?? Number.POSITIVE_INFINITY
      await clock.sleepUntil(Math.min(this.#expiresAt, mediaAt), this.#nap.signal)
    }
  }

  get #expiresAt(): number {
    if (this.#startedAt === undefined) return this.#preparedAt + START_WITHIN_MS
    return (this.#media?.lastRtcpAt ?? this.#startedAt) + RTCP_WITHIN_MS
  }
}
