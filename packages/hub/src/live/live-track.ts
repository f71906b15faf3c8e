import { LiveReceiver, type LiveReceiverOptions } from '@hksv/media/live'
import type { AudioParameters, RtpEvent, VideoParameters } from '@hksv/media/rtp'

import type { LiveSample } from './live-sample.ts'
import type { MediaSocket } from './media-socket.ts'

/** What becomes of what a track receives. */
export interface TrackListener {
  /** Takes samples in order. */
  readonly deliver: (sample: LiveSample) => void
  /** The camera says that it ends. */
  readonly goodbye: () => void
}

/** One track of a live view: its port, its receiver, and the samples that they make. */
export class LiveTrack {
  readonly receiver: LiveReceiver
  readonly #socket: MediaSocket
  readonly #listener: TrackListener
  #parameters: VideoParameters | AudioParameters | undefined

  constructor(socket: MediaSocket, options: LiveReceiverOptions, listener: TrackListener) {
    this.#socket = socket
    this.#listener = listener
    this.receiver = new LiveReceiver(options)
  }

  get deadline(): number {
    return this.receiver.deadline() ?? Number.POSITIVE_INFINITY
  }

  /** Takes a datagram, which is decrypted in place. */
  receive(bytes: Uint8Array, now: number): void {
    this.#take(this.receiver.receive(bytes, now))
    this.flush()
  }

  /** Does what is due. */
  work(now: number): void {
    if (this.deadline <= now) this.#take(this.receiver.tick(now))
    this.flush()
  }

  /** Sends reports and requests that wait. */
  flush(): void {
    for (let bytes = this.receiver.take(); bytes; bytes = this.receiver.take())
      this.#socket.send(bytes)
  }

  /** Delivers what is complete. */
  end(now: number): void {
    this.#take(this.receiver.end(now))
    this.flush()
  }

  #take(events: readonly RtpEvent[]): void {
    for (const event of events) {
      if (event.type === 'parameters') this.#parameters = event.parameters
      else if (event.type === 'bye') this.#listener.goodbye()
      else if (event.type === 'sample') {
        const sample = sampleOf(event.sample, this.#parameters)
        if (sample !== undefined) this.#listener.deliver(sample)
      }
    }
  }
}

/** The data is copied: that of an event is valid until the next call only. */
function sampleOf(
  { data, decodeTime, isSync }: Extract<RtpEvent, { type: 'sample' }>['sample'],
  parameters: VideoParameters | AudioParameters | undefined,
): LiveSample | undefined {
  if (parameters === undefined) return undefined
  const copy = Uint8Array.from(data)
  return 'sps' in parameters
    ? { track: 'video', decodeTime, isSync, data: copy, parameters }
    : { track: 'audio', decodeTime, data: copy, parameters }
}
