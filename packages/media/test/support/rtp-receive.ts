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

/** Everything that came out: the samples as they came, not copies of them. */
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
  /** Over TCP one memory takes packet after packet: nothing that came out may still be a view of it. */
  readonly #memory: Uint8Array | undefined

  constructor(format: RtpFormat | undefined, options: Partial<RtpReceiverOptions> = {}) {
    if (format === undefined) throw new Error('no format')
    this.receiver = new RtpReceiver({ format, transport: 'tcp', ssrc: 1, ...options })
    this.#memory = options.transport === 'udp' ? undefined : new Uint8Array(0x10000)
  }

  push(...packets: readonly (Uint8Array | undefined)[]): this {
    for (const packet of packets)
      if (packet !== undefined) this.#keep(this.receiver.receive(this.#placed(packet), this.now))
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

  #placed(packet: Uint8Array): Uint8Array {
    if (this.#memory === undefined || packet.length > this.#memory.length) return packet
    this.#memory.fill(0xa5).set(packet)
    return this.#memory.subarray(0, packet.length)
  }

  #keep(events: readonly RtpEvent[]): void {
    const { samples, parameters, notes, story } = this.received
    for (const event of events) {
      if (event.type === 'sample') {
        const { sample } = event
        samples.push(sample)
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
