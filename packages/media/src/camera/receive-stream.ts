import { randomBytes } from 'node:crypto'

import { isMediaError, MediaError } from '../errors.ts'
import type { RtspAddress } from '../rtsp/address.ts'
import type { RtspTlsOptions } from '../rtsp/connect.ts'
import { type PacketHandler, RtspConnection } from '../rtsp/connection.ts'
import { deferred } from '../rtsp/deferred.ts'
import type { PlayingTrack } from '../rtsp/session-types.ts'
import { type StreamEvent, StreamReceiver, type StreamTrack } from './stream-receiver.ts'
import type { TransportAttempt, TransportPlan } from './transport-plan.ts'

/** What a camera's stream is received with. */
export interface StreamOptions {
  readonly address: RtspAddress
  readonly plan: TransportPlan
  readonly tls?: RtspTlsOptions | undefined
}

/** What becomes of a camera's stream. */
export interface StreamHandler {
  /** The first packet is there. */
  began(receiver: StreamReceiver): void
  event(event: StreamEvent): void
  /** A codec of sound that HomeKit does not record as it is. */
  unused(codec: string): void
  /** Nothing comes this way; the other one is tried. */
  silent(transport: 'tcp' | 'udp'): void
}

/**
 * Receives a camera's stream until the signal aborts, over whichever transport its packets come.
 * @throws MediaError when the camera ends it, or it cannot begin.
 */
export async function receiveStream(
  options: StreamOptions,
  signal: AbortSignal,
  handler: StreamHandler,
): Promise<void> {
  const attempts = options.plan.attempts()
  for (const [i, attempt] of attempts.entries()) {
    const stream = new Stream(options, attempt, handler)
    try {
      await stream.run(signal)
      return
    } catch (error) {
      if (signal.aborted) return
      if (!stream.isSilent(error) || i === attempts.length - 1) throw error
      handler.silent(stream.transport)
    }
  }
}

/** One connection. */
class Stream {
  readonly #options: StreamOptions
  readonly #attempt: TransportAttempt
  readonly #handler: StreamHandler
  readonly #tracks: StreamTrack[] = []
  readonly #over = deferred()
  #connection: RtspConnection | undefined
  #receiver: StreamReceiver | undefined
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #isPlaying = false

  constructor(options: StreamOptions, attempt: TransportAttempt, handler: StreamHandler) {
    this.#options = options
    this.#attempt = attempt
    this.#handler = handler
  }

  /** How packets come, or were to come. */
  get transport(): 'tcp' | 'udp' {
    return this.#tracks[0]?.transport ?? this.#attempt.transport
  }

  /** Whether everything went well, but for the packets that did not come. */
  isSilent(error: unknown): boolean {
    const isTimeout = isMediaError(error) && error.code === 'MEDIA_RTSP_TIMEOUT'
    return isTimeout && this.#isPlaying && this.#receiver === undefined
  }

  async run(signal: AbortSignal): Promise<void> {
    const { address, tls } = this.#options
    const { transport, firstPacketMs } = this.#attempt
    try {
      const options = { signal, transport, firstPacketMs, ...(tls === undefined ? {} : { tls }) }
      await using connection = await RtspConnection.open(address, options)
      this.#connection = connection
      await connection.play((track, index) => this.#begin(track, index))
      this.#isPlaying = true
      await Promise.race([connection.ended, this.#over.promise])
    } finally {
      clearTimeout(this.#timer)
      if (!signal.aborted) this.#emit(this.#receiver?.end(performance.now()) ?? [])
      this.#timerAt = Number.NEGATIVE_INFINITY
    }
  }

  #begin(track: PlayingTrack, index: number): PacketHandler {
    const { format, frameRate, rtpInfo, transport } = track
    const { rtpTime } = rtpInfo
    this.#tracks[index] = {
      format,
      transport: transport.type,
      ...(frameRate === undefined ? {} : { frameRate }),
      ...(rtpTime === undefined ? {} : { rtpInfoTime: rtpTime }),
    }
    if (format.kind === 'audio' && format.codec !== 'aac') this.#handler.unused(format.codec)
    return (bytes, now) => {
      // All tracks are known when the first packet comes.
      this.#receiver ??= this.#first()
      this.#act(this.#receiver.receive(index, bytes, now))
    }
  }

  #first(): StreamReceiver {
    const random = (length: number) => new Uint8Array(randomBytes(length))
    const receiver = new StreamReceiver(this.#tracks, random)
    this.#options.plan.worked(this.transport)
    this.#handler.began(receiver)
    return receiver
  }

  #act(events: readonly StreamEvent[]): void {
    this.#emit(events)
    for (let report = this.#receiver?.take(); report; report = this.#receiver?.take())
      this.#connection?.sendRtcp(report.track, report.bytes)
    this.#arm()
  }

  #emit(events: readonly StreamEvent[]): void {
    for (const event of events) {
      this.#handler.event(event)
      if (event.type === 'over') this.#over.reject(this.#end(event.why))
    }
  }

  #end(why: 'bye' | 'no pictures'): MediaError {
    const source = this.#options.address.url
    return why === 'bye'
      ? new MediaError('MEDIA_RTSP_ENDED', { source, detail: 'it said goodbye' })
      : new MediaError('MEDIA_RTSP_TIMEOUT', { source, detail: 'its packets make no pictures' })
  }

  /** One timer, which is moved only when it would be late. */
  #arm(): void {
    const deadline = this.#receiver?.deadline()
    if (deadline === undefined || deadline >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = deadline
    const wake = () => {
      this.#timerAt = Number.POSITIVE_INFINITY
      this.#act(this.#receiver?.tick(performance.now()) ?? [])
    }
    this.#timer = setTimeout(wake, Math.max(0, deadline - performance.now()))
  }
}
