import { readFileSync } from 'node:fs'
import { parseRtpPacket, rtpFormat } from '@hksv/media/rtp'
import { describe, expect, test } from 'vitest'
import { Collector, fromHex, nalsOf, type Received, toHex } from './support/rtp-receive.ts'

interface Row {
  readonly name: string
  readonly hex: string
  readonly error?: string
}

function rows<R extends Row>(name: string): R[] {
  const file = new URL(`../../../test-vectors/media/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).cases
}

interface PacketRow extends Row {
  readonly value?: { readonly payload: string }
}

describe('packets', () => {
  test.each(rows<PacketRow>('rtp-packets'))('$name', ({ hex, value, error }) => {
    const packet = parseRtpPacket(fromHex(hex))
    if (packet === undefined) expect(error).toBe('REFUSED')
    else {
      const { bytes, payloadStart, payloadEnd, ...header } = packet
      const payload = toHex(bytes.subarray(payloadStart, payloadEnd))
      expect({ ...header, payload }).toEqual(value)
    }
    // Cut anywhere, it is refused, or shorter.
    for (let length = 0; length < hex.length / 2; length++) {
      const cut = parseRtpPacket(fromHex(hex.slice(0, 2 * length)))
      if (cut !== undefined) expect(cut.payloadEnd).toBeLessThanOrEqual(length)
    }
  })
})

interface StreamRow extends Row {
  readonly payloadType: number
  readonly rtpmap: string
  readonly fmtp: string
  readonly value: {
    readonly parameters: readonly string[]
    readonly nals: readonly string[]
    readonly times: readonly number[]
  }
}

/** @see RFC 4571 §2 */
function packetsOf(bytes: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; at + 2 <= bytes.length; ) {
    const end = at + 2 + view.getUint16(at)
    if (end > bytes.length) break
    packets.push(bytes.subarray(at + 2, end))
    at = end
  }
  return packets
}

function parametersOf({ parameters: [first] }: Received): string[] {
  if (first === undefined) return []
  if (first.codec === 'aac') return [toHex(first.audioSpecificConfig)]
  if (first.codec !== 'h264' && first.codec !== 'h265') return []
  const vps = first.codec === 'h265' ? first.vps : []
  return [...vps, ...first.sps, ...first.pps].map(toHex)
}

describe('streams', () => {
  test.each(rows<StreamRow>('rtp-streams'))('$name', ({ hex, value, ...attributes }) => {
    const receive = (bytes: Uint8Array) =>
      new Collector(rtpFormat(attributes)).push(...packetsOf(bytes)).end()
    const bytes = fromHex(hex)
    const received = receive(bytes)
    const contents = received.samples.flatMap(sample =>
      sample.track === 'video' ? nalsOf(sample) : [toHex(sample.data)],
    )
    expect(parametersOf(received)).toEqual(value.parameters)
    expect(contents.slice(0, value.nals.length)).toEqual(value.nals)
    const [first] = received.samples
    expect(received.samples.map(one => one.decodeTime - (first?.decodeTime ?? 0))).toEqual(
      value.times,
    )
    expect(received.notes).toEqual([])
    // Cut anywhere, it gives the same samples, only fewer.
    for (let length = 0; length < bytes.length; length += 97) {
      const { samples } = receive(bytes.subarray(0, length))
      expect(samples).toEqual(received.samples.slice(0, samples.length))
    }
  })
})
