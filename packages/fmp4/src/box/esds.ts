import { viewOf } from '../bytes.ts'
import { Fmp4Error } from '../errors.ts'

/** What an `esds` box says about an AAC track. */
export interface ElementaryStreamDescriptor {
  /** 0x40 for AAC of MPEG-4. */
  readonly objectTypeIndication: number
  /** 5 for audio. */
  readonly streamType: number
  /** Bits a second. */
  readonly maxBitrate: number
  readonly averageBitrate: number
  /** A view into the input when parsed. */
  readonly audioSpecificConfig: Uint8Array
}

/** Descriptor tags. @see ISO/IEC 14496-1 table 1 */
const tags = { es: 3, decoderConfig: 4, decoderSpecificInfo: 5, slConfig: 6 } as const

/**
 * Writes the content of an `esds` box behind version and flags:
 * `03 L | ES_ID 0000 | 00 | 04 L | 40 | 15 | buffer u24 | max u32 | average u32 | 05 L config | 06 01 02`,
 * every length in one byte.
 * @throws Fmp4Error FMP4_TOO_LARGE when the AudioSpecificConfig exceeds 64 bytes.
 * @see ISO/IEC 14496-1 §7.2.6; ISO/IEC 14496-14 §3.1.2
 */
export function writeElementaryStreamDescriptor(config: Uint8Array, bitrate: number): Uint8Array {
  if (config.length > 64) throw new Fmp4Error('FMP4_TOO_LARGE', { box: 'esds' })
  const decoderLength = 13 + 2 + config.length
  const bytes = new Uint8Array(5 + 2 + decoderLength + 3)
  const view = viewOf(bytes)
  bytes.set([tags.es, bytes.length - 2, 0, 0, 0, tags.decoderConfig, decoderLength, 0x40, 0x15])
  view.setUint32(12, bitrate)
  view.setUint32(16, bitrate)
  bytes.set([tags.decoderSpecificInfo, config.length], 20)
  bytes.set(config, 22)
  bytes.set([tags.slConfig, 1, 2], 22 + config.length)
  return bytes
}

/**
 * Reads the content of an `esds` box behind version and flags; lengths of one to four bytes.
 * @throws Fmp4Error FMP4_TRUNCATED when a descriptor exceeds the one around it, FMP4_FIELD when one
 * is missing.
 */
export function parseElementaryStreamDescriptor(bytes: Uint8Array): ElementaryStreamDescriptor {
  const es = descriptor(bytes, tags.es)
  const flags = es[2] ?? 0
  let skip = 3
  if (flags & 0x80) skip += 2 // dependsOn_ES_ID
  if (flags & 0x40) skip += 1 + (es[skip] ?? 0) // URL
  if (flags & 0x20) skip += 2 // OCR_ES_Id
  const decoder = descriptor(es.subarray(skip), tags.decoderConfig)
  if (decoder.length < 13) throw new Fmp4Error('FMP4_TRUNCATED', { box: 'esds' })
  const view = viewOf(decoder)
  return {
    objectTypeIndication: view.getUint8(0),
    streamType: view.getUint8(1) >> 2,
    maxBitrate: view.getUint32(5),
    averageBitrate: view.getUint32(9),
    audioSpecificConfig: descriptor(decoder.subarray(13), tags.decoderSpecificInfo),
  }
}

/** @returns The content of the descriptor that has to stand at the start. */
function descriptor(bytes: Uint8Array, tag: number): Uint8Array {
  if (bytes[0] !== tag) throw new Fmp4Error('FMP4_FIELD', { box: 'esds', detail: `no tag ${tag}` })
  let length = 0
  let at = 1
  for (let more = true; more && at <= 4; at++) {
    const byte = bytes[at] ?? 0
    length = length * 128 + (byte & 0x7f)
    more = (byte & 0x80) !== 0
  }
  if (at + length > bytes.length) throw new Fmp4Error('FMP4_TRUNCATED', { box: 'esds' })
  return bytes.subarray(at, at + length)
}
