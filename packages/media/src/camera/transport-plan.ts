import type { RtspAddress } from '../rtsp/address.ts'

/** One way to ask for packets. */
export interface TransportAttempt {
  readonly transport: 'tcp' | 'udp'
  /** The first packet has so long. */
  readonly firstPacketMs: number
}

/** Time for a packet while there is another way, and when there is none. */
const SHORT_MS = 3000
const LONG_MS = 10_000

/**
 * Which transport a camera is asked for: the one that worked last, and when no packet comes within three
 * seconds the other one. A camera that has time to say so (461) is asked again at once by its session.
 */
export class TransportPlan {
  readonly #isFixed: boolean
  #first: 'tcp' | 'udp'

  /** @param first - What is asked for first; `tcp` unless given. An address may allow only one. */
  constructor({ transport, isSecure }: RtspAddress, first: 'tcp' | 'udp' | undefined) {
    this.#first = transport ?? first ?? 'tcp'
    // Pictures of a camera over TLS do not go in the open.
    this.#isFixed = transport !== undefined || (isSecure && this.#first === 'tcp')
  }

  /** Ways to be tried, one after the other while nothing comes. */
  attempts(): TransportAttempt[] {
    const first = this.#first
    if (this.#isFixed) return [{ transport: first, firstPacketMs: LONG_MS }]
    return [
      { transport: first, firstPacketMs: SHORT_MS },
      { transport: first === 'tcp' ? 'udp' : 'tcp', firstPacketMs: SHORT_MS },
      { transport: first, firstPacketMs: LONG_MS },
    ]
  }

  /** Packets came this way. */
  worked(transport: 'tcp' | 'udp'): void {
    if (!this.#isFixed) this.#first = transport
  }
}
