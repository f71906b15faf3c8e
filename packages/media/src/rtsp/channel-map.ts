import type { TrackTransport } from './transport.ts'

/** Which channel of the connection belongs to which track. */
export class ChannelMap {
  /** By channel: the track times 2, plus 1 for RTCP. */
  readonly #places: (number | undefined)[] = []

  /** @returns The track times 2, plus 1 for RTCP. */
  placeOf(channel: number): number | undefined {
    return this.#places[channel]
  }

  /** @returns Whether the channels were free. */
  add(track: number, { channel, rtcpChannel }: Extract<TrackTransport, { type: 'tcp' }>): boolean {
    const isTaken = [channel, rtcpChannel].some(one => this.#places[one] !== undefined)
    if (isTaken || channel === rtcpChannel) return false
    this.#places[channel] = track * 2
    this.#places[rtcpChannel] = track * 2 + 1
    return true
  }
}
