/** A reference packetizer: plain and slow, with every choice that the RFCs leave open made by `pick`. */

/** @returns An integer from 0 up to, not including, `count`. */
export type Pick = (count: number) => number

export interface PacketFields {
  readonly payloadType?: number
  readonly isMarker?: boolean
  readonly sequenceNumber: number
  readonly timestamp: number
  readonly ssrc?: number
}

/** @returns An RTP packet; CSRCs, an extension and padding as `pick` wants them. */
export function rtp(fields: PacketFields, payload: Uint8Array, pick: Pick = () => 0): Uint8Array {
  const { payloadType = 96, isMarker = false, sequenceNumber, timestamp, ssrc = 0x1234 } = fields
  const csrcs = pick(3)
  const words = pick(4)
  const hasExtension = words > 0
  const padding = pick(4)
  const head = Buffer.alloc(12 + 4 * csrcs + (hasExtension ? 4 * words : 0))
  head[0] = 0x80 | (padding > 0 ? 0x20 : 0) | (hasExtension ? 0x10 : 0) | csrcs
  head[1] = (isMarker ? 0x80 : 0) | payloadType
  head.writeUInt16BE(sequenceNumber & 0xffff, 2)
  head.writeUInt32BE(timestamp >>> 0, 4)
  head.writeUInt32BE(ssrc, 8)
  if (hasExtension) head.writeUInt32BE(0xbede0000 + words - 1, 12 + 4 * csrcs)
  const tail = Buffer.alloc(padding)
  if (padding > 0) tail[padding - 1] = padding
  return new Uint8Array(Buffer.concat([head, payload, tail]))
}

/** How NAL units of a codec are put into payloads. */
export interface VideoPacking {
  readonly aggregate: (nals: readonly Uint8Array[]) => Uint8Array
  readonly fragment: (nal: Uint8Array, part: Uint8Array, flags: number) => Uint8Array
  readonly headerLength: number
}

const withLengths = (nals: readonly Uint8Array[]) =>
  nals.flatMap(nal => [Buffer.of(nal.length >> 8, nal.length & 0xff), nal])

/** @see RFC 6184 §5.7.1, §5.8 */
export const h264Packing: VideoPacking = {
  aggregate: nals => Buffer.concat([Buffer.of(0x78), ...withLengths(nals)]),
  fragment: ([header = 0], part, flags) =>
    Buffer.concat([Buffer.of((header & 0xe0) | 28, flags | (header & 0x1f)), part]),
  headerLength: 1,
}

/** @see RFC 7798 §4.4.2, §4.4.3 */
export const h265Packing: VideoPacking = {
  aggregate: nals => Buffer.concat([Buffer.of(48 << 1, 1), ...withLengths(nals)]),
  fragment: ([first = 0, second = 0], part, flags) =>
    Buffer.concat([
      Buffer.of((first & 0x81) | (49 << 1), second, flags | ((first >> 1) & 0x3f)),
      part,
    ]),
  headerLength: 2,
}

/** @returns Payloads of the NAL units of a picture: each alone, with others, or in parts. */
export function payloadsOf(
  nals: readonly Uint8Array[],
  packing: VideoPacking,
  pick: Pick,
): Uint8Array[] {
  const payloads: Uint8Array[] = []
  for (let i = 0; i < nals.length; ) {
    const nal = nals[i] ?? new Uint8Array()
    const way = pick(3)
    if (way === 0) {
      const count = 1 + pick(nals.length - i)
      payloads.push(packing.aggregate(nals.slice(i, i + count)))
      i += count
      continue
    }
    if (way === 1 || nal.length < packing.headerLength + 2) payloads.push(nal)
    else payloads.push(...fragmentsOf(nal, packing, pick))
    i++
  }
  return payloads
}

function fragmentsOf(nal: Uint8Array, packing: VideoPacking, pick: Pick): Uint8Array[] {
  const body = nal.subarray(packing.headerLength)
  const length = 1 + pick(body.length)
  const parts: Uint8Array[] = []
  for (let at = 0; at < body.length; at += length) {
    const flags = (at === 0 ? 0x80 : 0) | (at + length >= body.length ? 0x40 : 0)
    parts.push(packing.fragment(nal, body.subarray(at, at + length), flags))
  }
  return parts
}

/** Makes the packets of a stream, one after the other. */
export class Packetizer {
  readonly #pick: Pick
  readonly #packing: VideoPacking
  readonly packets: Uint8Array[] = []
  #sequenceNumber: number

  constructor(packing: VideoPacking, sequenceNumber: number, pick: Pick = () => 1) {
    this.#packing = packing
    this.#sequenceNumber = sequenceNumber
    this.#pick = pick
  }

  /** Adds a picture; the last of its packets is marked. @returns The indices of its packets. */
  picture(nals: readonly Uint8Array[], timestamp: number): number[] {
    const payloads = payloadsOf(nals, this.#packing, this.#pick)
    return payloads.map((payload, i) =>
      this.payload(payload, { timestamp, isMarker: i === payloads.length - 1 }),
    )
  }

  payload(payload: Uint8Array, fields: { timestamp: number; isMarker: boolean }): number {
    const sequenceNumber = this.#sequenceNumber++
    const packet = rtp({ sequenceNumber, ...fields }, payload, count => this.#pick(count) % count)
    return this.packets.push(packet) - 1
  }
}
