/** A payload in pieces, which are views: it is put together where the packet is written. */
export type RtpPayload = readonly Uint8Array[]

/** @returns The bytes of a payload. */
export function payloadLength(payload: RtpPayload): number {
  let length = 0
  for (const piece of payload) length += piece.length
  return length
}

/** @returns NAL units behind their lengths in two bytes, as aggregation packets have them. */
export function behindLengths(nals: readonly Uint8Array[]): Uint8Array[] {
  return nals.flatMap(nal => [Uint8Array.of(nal.length >> 8, nal.length & 0xff), nal])
}

/**
 * Cuts what follows the header of a NAL unit into parts of nearly one length, as few as they can be.
 * @param flagsOf - Makes the bytes in front of a part; 0x80 marks the first one, 0x40 the last.
 * @param headLength - Bytes of them.
 */
export function fragments(
  body: Uint8Array,
  maxLength: number,
  headLength: number,
  flagsOf: (flags: number) => Uint8Array,
): RtpPayload[] {
  const count = Math.ceil(body.length / (maxLength - headLength))
  return Array.from({ length: count }, (_, i) => {
    const flags = (i === 0 ? 0x80 : 0) | (i === count - 1 ? 0x40 : 0)
    const start = Math.floor((i * body.length) / count)
    const end = Math.floor(((i + 1) * body.length) / count)
    return [flagsOf(flags), body.subarray(start, end)]
  })
}

/**
 * Packs the NAL units of a picture: neighbours that fit into one packet together, others alone or in parts.
 * @throws RangeError when packets are so small that nothing can be cut for them.
 */
export function nalPayloads(
  nals: readonly Uint8Array[],
  maxLength: number,
  { headerLength, aggregate, fragment }: NalPacking,
): RtpPayload[] {
  if (maxLength < 16) throw new RangeError('packets of less than 16 bytes')
  const payloads: RtpPayload[] = []
  let group: Uint8Array[] = []
  let groupLength = headerLength
  const flush = (): void => {
    if (group.length > 0) payloads.push(group.length === 1 ? group : aggregate(group))
    group = []
    groupLength = headerLength
  }
  for (const nal of nals) {
    if (nal.length < headerLength) continue
    if (groupLength + 2 + nal.length > maxLength) flush()
    if (nal.length > maxLength) payloads.push(...fragment(nal, maxLength))
    else {
      group.push(nal)
      groupLength += 2 + nal.length
    }
  }
  flush()
  return payloads
}

/** What is different between codecs. */
export interface NalPacking {
  /** Bytes of the header of a NAL unit. */
  readonly headerLength: number
  readonly aggregate: (nals: readonly Uint8Array[]) => RtpPayload
  readonly fragment: (nal: Uint8Array, maxLength: number) => RtpPayload[]
}
