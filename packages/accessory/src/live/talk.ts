import { type Clock, type MediaError, type TalkBack, TalkSession } from '@hksv/media'
import { SrtpReceiver } from '@hksv/media/live'
import { parseRtpPacket } from '@hksv/media/rtp'

import type { Log } from '../log.ts'
import type { LiveTrack } from './live-media.ts'

/** What a {@link Talk} works with. */
export interface TalkOptions {
  readonly talkBack: TalkBack
  /** Name or path of ffmpeg. */
  readonly ffmpeg: string
  readonly clock: Clock
  readonly log: Log
  /** Whether the speaker is muted now. */
  readonly isMuted: () => boolean
}

/** What the viewers of all live views say: each of them is played as long as its view lasts. */
export class Talk {
  readonly #options: TalkOptions
  readonly #closing = new Set<Promise<void>>()

  constructor(options: TalkOptions) {
    this.#options = options
  }

  /** @param payloadType - Negotiated for Opus. */
  open({ peerSrtp }: LiveTrack, payloadType: number): TalkPath {
    const srtp = peerSrtp && new SrtpReceiver(peerSrtp)
    return new TalkPath(this.#options, { srtp, payloadType }, session => {
      const closing = session[Symbol.asyncDispose]().catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'What a viewer said could not be ended.')
      })
      this.#closing.add(closing)
      void closing.then(() => this.#closing.delete(closing))
    })
  }

  /** Waits for those that have ended. */
  async close(): Promise<void> {
    await Promise.all(this.#closing)
  }
}

/** From the datagrams of one viewer to the loudspeaker. Nothing is started before the first word. */
export class TalkPath {
  readonly #options: TalkOptions
  readonly #srtp: SrtpReceiver | undefined
  readonly #payloadType: number
  readonly #closed: (session: TalkSession) => void
  #session: TalkSession | undefined
  #isOver = false

  constructor(
    options: TalkOptions,
    { srtp, payloadType }: { srtp: SrtpReceiver | undefined; payloadType: number },
    closed: (session: TalkSession) => void,
  ) {
    this.#options = options
    this.#srtp = srtp
    this.#payloadType = payloadType
    this.#closed = closed
  }

  /** Takes a datagram that is no RTCP; it is deciphered in place. What does not belong here is ignored. */
  receive(datagram: Uint8Array): void {
    if (this.#isOver) return
    const plain = this.#srtp === undefined ? datagram : this.#srtp.unprotectRtp(datagram)
    if (typeof plain === 'string' || this.#options.isMuted()) return
    const packet = parseRtpPacket(plain)
    if (packet?.payloadType !== this.#payloadType) return
    this.#session ??= this.#begin()
    this.#session.receive(packet)
  }

  end(): void {
    this.#isOver = true
    if (this.#session !== undefined) this.#closed(this.#session)
    this.#session = undefined
  }

  #begin(): TalkSession {
    const { talkBack, ffmpeg, clock, log } = this.#options
    const onFailure = ({ message }: MediaError) => log.warn(`Nobody hears the viewer: ${message}`)
    return new TalkSession({ talkBack, ffmpeg, clock, onFailure })
  }
}
