import type { MediaSample } from '@hksv/fmp4'
import { lengthPrefixedNalUnits } from '@hksv/media'

import {
  type AudioParameters,
  type RtpEvent,
  type RtpFormat,
  RtpReceiver,
  type RtpReceiverOptions,
  type VideoParameters,
} from '@hksv/media/rtp'

/** Everything that came out, with copies of the samples. */
export interface Received {
  readonly samples: MediaSample[]
  readonly parameters: (VideoParameters | AudioParameters)[]
  /** The other events: `loss 3`, `waiting damage`, `restart ssrc`, `bye`. */
  readonly notes: string[]
  /** All of it in order: `parameters`, `key`, `picture`, `audio` and the notes. */
  readonly story: string[]
}

/** A receiver whose events are kept. */
export class Collector {
  readonly receiver: RtpReceiver
  readonly received: Received = { samples: [], parameters: [], notes: [], story: [] }
  now = 0

  constructor(format: RtpFormat | undefined, options: Partial<RtpReceiverOptions> = {}) {
    if (format === undefined) throw new Error('no format')
    this.receiver = new RtpReceiver({ format, transport: 'tcp', ssrc: 1, ...options })
  }

  push(...packets: readonly (Uint8Array | undefined)[]): this {
    for (const packet of packets)
      if (packet !== undefined) this.#keep(this.receiver.receive(packet, this.now))
    return this
  }

  /** Goes to a time, by way of the deadlines. */
  goTo(now: number): this {
    for (;;) {
      const due = this.receiver.deadline()
      if (due === undefined || due > now) break
      this.now = Math.max(this.now, due)
      this.#keep(this.receiver.tick(this.now))
    }
    this.now = now
    return this
  }

  end(): Received {
    this.#keep(this.receiver.end())
    return this.received
  }

  #keep(events: readonly RtpEvent[]): void {
    const { samples, parameters, notes, story } = this.received
    for (const event of events) {
      if (event.type === 'sample') {
        const { sample } = event
        samples.push({ ...sample, data: sample.data.slice() })
        story.push(sample.track === 'audio' ? 'audio' : sample.isSync ? 'key' : 'picture')
      } else if (event.type === 'parameters') {
        parameters.push(event.parameters)
        story.push('parameters')
      } else {
        const why = event.type === 'loss' ? event.packets : 'why' in event ? event.why : ''
        notes.push(`${event.type} ${why}`.trim())
        story.push(`${event.type} ${why}`.trim())
      }
    }
  }
}

export const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
export const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

/** @returns The NAL units of a sample in hex. */
export const nalsOf = ({ data }: MediaSample) => [...lengthPrefixedNalUnits(data, 4)].map(toHex)
