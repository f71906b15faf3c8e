import { type SrtpKey, srtpOverhead } from '../srtp/suites.ts'

const rtpHeaderLength = 12
const udpHeaderLength = 8
const ipHeaderLengths = { 4: 20, 6: 40 } as const

/** How large what goes onto the network may be. */
export interface DatagramLimit {
  /** Bytes of the whole IP datagram, as HomeKit negotiates it: 1378 or, over IPv6, 1228 unless told. */
  readonly mtu?: number
  readonly ipVersion: 4 | 6
}

/** What is used when nothing was negotiated, in bytes of the IP datagram. */
export const defaultMtus: Readonly<Record<4 | 6, number>> = { 4: 1378, 6: 1228 }

/** @returns Bytes of payload for which an RTP packet without CSRCs and extension has room. */
export function maxPayloadLength(
  { ipVersion, mtu = defaultMtus[ipVersion] }: DatagramLimit,
  key: SrtpKey | undefined,
): number {
  const headers = ipHeaderLengths[ipVersion] + udpHeaderLength + rtpHeaderLength
  return mtu - headers - srtpOverhead(key)
}

/** @returns Bytes of the IP datagram for a UDP payload of `length` bytes. */
export function datagramLength(length: number, ipVersion: 4 | 6): number {
  return ipHeaderLengths[ipVersion] + udpHeaderLength + length
}
