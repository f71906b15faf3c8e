import { opusFrameSamples } from '../rtp/opus.ts'

/** What is in an Opus packet. */
export interface OpusPacket {
  /** Configuration and channels: the upper six bits of the first byte, where they are there. */
  readonly kind: number
  /** What each frame lasts, in samples at 48 kHz. */
  readonly frameSamples: number
  /** Views, in order; an empty one is a frame that is missing. */
  readonly frames: readonly Uint8Array[]
}

/** The lower two bits of the first byte. */
const frameCodes = { one: 0, twoOfOneLength: 1, two: 2, many: 3 } as const
const maxFrames = 48
const maxFrameLength = 1275
/** 120 ms at 48 kHz. */
const maxPacketSamples = 5760

/**
 * Takes an Opus packet apart.
 * @returns Nothing for what is no Opus packet.
 * @see RFC 6716 §3.2, §3.4
 */
export function parseOpusPacket(packet: Uint8Array): OpusPacket | undefined {
  const [toc] = packet
  if (toc === undefined) return undefined
  const body = packet.subarray(1)
  const frames = framesOf(toc & 3, body)
  if (frames === undefined || frames.some(({ length }) => length > maxFrameLength)) return undefined
  const frameSamples = opusFrameSamples(Uint8Array.of(toc & 0xfc), 0, 1)
  if (frameSamples * frames.length > maxPacketSamples) return undefined
  return { kind: toc & 0xfc, frameSamples, frames }
}

/**
 * Puts frames of one kind into a packet.
 * @returns A packet that belongs to the caller.
 * @throws RangeError for no frame, more than 48, or one of more than 1275 bytes.
 * @see RFC 6716 §3.2
 */
export function writeOpusPacket(kind: number, frames: readonly Uint8Array[]): Uint8Array {
  const [first] = frames
  if (first === undefined || frames.length > maxFrames)
    throw new RangeError(`${frames.length} frames are no Opus packet`)
  if (frames.some(({ length }) => length > maxFrameLength))
    throw new RangeError('an Opus frame is too long')
  if (frames.length === 1) return joined([Uint8Array.of(kind | frameCodes.one), first])
  const areOfOneLength = frames.every(({ length }) => length === first.length)
  const count = frames.length | (areOfOneLength ? 0 : 0x80)
  const lengths = areOfOneLength ? [] : frames.slice(0, -1).flatMap(({ length }) => written(length))
  return joined([Uint8Array.of(kind | frameCodes.many, count, ...lengths), ...frames])
}

/** In memory of its own, not of Node's pool. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

function framesOf(code: number, body: Uint8Array): Uint8Array[] | undefined {
  switch (code) {
    case frameCodes.one:
      return [body]
    case frameCodes.twoOfOneLength:
      return body.length % 2 === 0 ? split(body, [body.length / 2, body.length / 2]) : undefined
    case frameCodes.two: {
      const first = readLength(body, 0)
      if (first === undefined || first.at + first.length > body.length) return undefined
      const rest = body.subarray(first.at)
      return split(rest, [first.length, rest.length - first.length])
    }
    default:
      return manyFrames(body)
  }
}

/** A count with two flags, the length of the padding, the lengths, the frames, the padding. */
function manyFrames(body: Uint8Array): Uint8Array[] | undefined {
  const head = body[0] ?? 0
  const count = head & 0x3f
  if (count === 0 || count > maxFrames) return undefined
  const padding = (head & 0x40) === 0 ? { length: 0, at: 1 } : readPadding(body)
  if (padding === undefined) return undefined
  const end = body.length - padding.length
  const hasLengths = (head & 0x80) !== 0
  let { at } = padding
  const lengths: number[] = []
  for (let i = 1; hasLengths && i < count; i++) {
    const next = readLength(body, at)
    if (next === undefined) return undefined
    lengths.push(next.length)
    at = next.at
  }
  const rest = lengths.reduce((left, length) => left - length, end - at)
  if (rest < 0) return undefined
  if (hasLengths) lengths.push(rest)
  else if (rest % count !== 0) return undefined
  else lengths.push(...new Array<number>(count).fill(rest / count))
  return split(body.subarray(at, end), lengths)
}

/** Bytes that are added up; 255 stands for 254, and another byte. */
function readPadding(body: Uint8Array): Length | undefined {
  let length = 0
  for (let at = 1; ; at++) {
    const byte = body[at]
    if (byte === undefined) return undefined
    if (byte < 255) return { length: length + byte, at: at + 1 }
    length += 254
  }
}

function split(body: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  let at = 0
  return lengths.map(length => {
    at += length
    return body.subarray(at - length, at)
  })
}

/** Something's length, and where it ends itself. */
interface Length {
  readonly length: number
  readonly at: number
}

/** One byte up to 251; else two. @see RFC 6716 §3.2.1 */
function readLength(body: Uint8Array, at: number): Length | undefined {
  const first = body[at]
  if (first === undefined) return undefined
  if (first < 252) return { length: first, at: at + 1 }
  const second = body[at + 1]
  return second === undefined ? undefined : { length: 4 * second + first, at: at + 2 }
}

function written(length: number): number[] {
  if (length < 252) return [length]
  const first = 252 + (length & 3)
  return [first, (length - first) >> 2]
}
