import { randomBytes } from 'node:crypto'

import { RtspConnection, type RtspConnectionOptions } from '../rtsp/connection.ts'
import { type StreamEvent, StreamReceiver, type StreamTrack } from './stream-receiver.ts'

/** What a camera's stream is received with. */
export interface StreamOptions extends Pick<RtspConnectionOptions, 'transport' | 'tls'> {
  readonly url: string
}

/** What becomes of a camera's stream. */
export interface StreamHandler {
  /** What is in it is a view: valid until this returns. */
  event(event: StreamEvent): void
  /** A codec of sound that HomeKit does not record as it is. */
  unused(codec: string): void
}

/**
 * Receives a camera's stream until the signal aborts.
 * @throws MediaError when the camera ends it, or it cannot begin.
 */
export async function receiveStream(
  { url, transport, tls }: StreamOptions,
  signal: AbortSignal,
  handler: StreamHandler,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await using connection = await RtspConnection.open(url, {
      signal,
      ...(transport === undefined ? {} : { transport }),
      ...(tls === undefined ? {} : { tls }),
    })
    const tracks: StreamTrack[] = []
    let receiver: StreamReceiver | undefined
    let timerAt = Number.POSITIVE_INFINITY
    const act = (events: readonly StreamEvent[]) => {
      for (const event of events) handler.event(event)
      for (let report = receiver?.take(); report; report = receiver?.take()) {
        connection.sendRtcp(report.track, report.bytes)
      }
      arm()
    }
    /** One timer, which is moved only when it would be late. */
    const arm = () => {
      const deadline = receiver?.deadline()
      if (deadline === undefined || deadline >= timerAt || signal.aborted) return
      clearTimeout(timer)
      timerAt = deadline
      timer = setTimeout(
        () => {
          timerAt = Number.POSITIVE_INFINITY
          act(receiver?.tick(performance.now()) ?? [])
        },
        Math.max(0, deadline - performance.now()),
      )
    }
    await connection.play((track, index) => {
      const { format, frameRate, rtpInfo } = track
      const { rtpTime } = rtpInfo
      tracks[index] = {
        format,
        transport: track.transport.type,
        ...(frameRate === undefined ? {} : { frameRate }),
        ...(rtpTime === undefined ? {} : { rtpInfoTime: rtpTime }),
      }
      if (format.kind === 'audio' && format.codec !== 'aac') handler.unused(format.codec)
      return (bytes, now) => {
        // All tracks are known when the first packet comes.
        receiver ??= new StreamReceiver(tracks, length => new Uint8Array(randomBytes(length)))
        act(receiver.receive(index, bytes, now))
      }
    })
    await connection.ended
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    clearTimeout(timer)
  }
}
