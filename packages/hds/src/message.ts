import { HdsError, isHdsError } from './errors.ts'
import {
  type DecodeOptions,
  decode,
  dictionary,
  encode,
  encodeParts,
  type OpackDictionary,
  type OpackInput,
  type OpackValue,
} from './opack/index.ts'
import { toUtf8 } from './utf8.ts'

/** Identifies a request: not negative, a bigint beyond 2^53 - 1. Opaque: echo it. */
export type HdsId = number | bigint

/** A message nobody answers. */
export interface HdsEventHeader {
  readonly kind: 'event'
  readonly protocol: string
  readonly topic: string
}

/** A message that a response answers. */
export interface HdsRequestHeader {
  readonly kind: 'request'
  readonly protocol: string
  readonly topic: string
  readonly id: HdsId
}

/** An answer; `id` is the request's. */
export interface HdsResponseHeader {
  readonly kind: 'response'
  readonly protocol: string
  readonly topic: string
  readonly id: HdsId
  /** One of `hdsStatus`, or a number nobody knows. */
  readonly status: number
}

/**
 * What a message is.
 *
 * @see observed: Apple home hub, vectors `hds/wire-payloads`
 */
export type HdsHeader = HdsEventHeader | HdsRequestHeader | HdsResponseHeader

/** A header and the message it announces. */
export interface HdsPayload {
  readonly header: HdsHeader
  readonly message: OpackDictionary
}

const kinds = ['event', 'request', 'response'] as const
const MAX_NAME_LENGTH = 64
const MAX_ID = 0x7fff_ffff_ffff_ffffn

/**
 * Encodes a frame's payload: one byte header length, the header, the message; both OPACK documents
 * of their own.
 *
 * @param header Or the bytes of one, as a payload begins with them.
 * @returns Pieces, as from `encodeParts`: large data by reference.
 * @throws RangeError when the header has more than 255 bytes.
 */
export function encodePayload(
  header: HdsHeader | Uint8Array,
  message: ReadonlyMap<string, OpackInput>,
): Uint8Array[] {
  const head = header instanceof Uint8Array ? header : encodeHeader(header)
  // A dictionary begins with its tag, so its first piece is fresh memory, and short: every piece more
  // is a call of the cipher more.
  const [first = new Uint8Array(), ...rest] = encodeParts(message)
  const joined = new Uint8Array(head.length + first.length)
  joined.set(head)
  joined.set(first, head.length)
  return [joined, ...rest]
}

/**
 * Encodes what a payload begins with: one byte header length, and the header.
 *
 * @throws RangeError when the header has more than 255 bytes.
 */
export function encodeHeader(header: HdsHeader): Uint8Array {
  const bytes = encode(
    dictionary({
      protocol: header.protocol,
      [header.kind]: header.topic,
      id: header.kind === 'event' ? undefined : header.id,
      status: header.kind === 'response' ? header.status : undefined,
    }),
  )
  if (bytes.length > 0xff) throw new RangeError('a data stream header has at most 255 bytes')
  return Uint8Array.of(bytes.length, ...bytes)
}

/**
 * Decodes a frame's payload.
 *
 * @returns Data values are views of `payload`.
 * @throws HdsError HDS_HEADER, HDS_MESSAGE (with the OPACK error as `cause`, if that was why).
 */
export function decodePayload(payload: Uint8Array, options: DecodeOptions = {}): HdsPayload {
  const { header, message } = splitPayload(payload)
  return { header: decodeHeader(header, options), message: decodeMessage(message, options) }
}

/**
 * @returns The two documents of a payload, not decoded, as views.
 * @throws HdsError HDS_HEADER when the header is empty or reaches beyond the payload.
 */
export function splitPayload(payload: Uint8Array): { header: Uint8Array; message: Uint8Array } {
  const [length = 0] = payload
  if (length === 0 || length >= payload.length) {
    throw new HdsError('HDS_HEADER', { detail: `${length} of ${payload.length} bytes` })
  }
  return { header: payload.subarray(1, 1 + length), message: payload.subarray(1 + length) }
}

/** @throws HdsError HDS_HEADER. */
export function decodeHeader(bytes: Uint8Array, options: DecodeOptions = {}): HdsHeader {
  const fields = decodeDictionary(bytes, options, 'HDS_HEADER')
  const [kind, ...others] = kinds.filter(each => fields.has(each))
  if (kind === undefined || others.length > 0) {
    throw new HdsError('HDS_HEADER', { detail: 'not one of event, request, response' })
  }
  const protocol = name(fields, 'protocol')
  const topic = name(fields, kind)
  if (kind === 'event') return { kind, protocol, topic }
  if (kind === 'request') return { kind, protocol, topic, id: id(fields) }
  return { kind, protocol, topic, id: id(fields), status: status(fields) }
}

/** @throws HdsError HDS_MESSAGE. */
export function decodeMessage(bytes: Uint8Array, options: DecodeOptions = {}): OpackDictionary {
  return decodeDictionary(bytes, options, 'HDS_MESSAGE')
}

function decodeDictionary(
  bytes: Uint8Array,
  options: DecodeOptions,
  code: 'HDS_HEADER' | 'HDS_MESSAGE',
): OpackDictionary {
  let value: OpackValue
  try {
    value = decode(bytes, options)
  } catch (cause) {
    throw isHdsError(cause) ? new HdsError(code, { detail: cause.message, cause }) : cause
  }
  if (!(value instanceof Map)) throw new HdsError(code, { detail: 'not a dictionary' })
  return value
}

function name(fields: OpackDictionary, key: string): string {
  const text = fields.get(key)
  if (typeof text !== 'string' || toUtf8(text).length > MAX_NAME_LENGTH) {
    throw new HdsError('HDS_HEADER', { detail: `${key} is no string of at most 64 bytes` })
  }
  return text
}

function id(fields: OpackDictionary): HdsId {
  const value = fields.get('id')
  const isInteger = typeof value === 'number' || typeof value === 'bigint'
  if (!isInteger || value < 0 || value > MAX_ID) {
    throw new HdsError('HDS_HEADER', { detail: 'id is no unsigned integer' })
  }
  return value
}

function status(fields: OpackDictionary): number {
  const value = fields.get('status')
  if (typeof value !== 'number') {
    throw new HdsError('HDS_HEADER', { detail: 'status is no integer' })
  }
  return value
}
