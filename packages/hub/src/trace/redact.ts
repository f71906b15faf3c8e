import { characteristics, longUuid } from '@hksv/hap'
import { decodeItems, decodeListItems, encodeItems, isTlvError, type TlvItem } from '@hksv/tlv8'

import type { TraceTlvItem } from './trace-entry.ts'

// What of a message may be written down. Everything is left out that is not known to be harmless.

/** Of setting up a live view: all but the sealing, and of that the suite. */
const ENDPOINTS = new Set([1, 2, 3, 6, 7])
const SEALING = new Map([
  [4, 'video'],
  [5, 'audio'],
])
const CRYPTO_SUITE = 1
/** Of setting up a data stream: command or status, transport or port. */
const DATA_STREAM = new Set([1, 2])
/** Method, identifier, state, error, permissions, flags, separator. */
const PAIRING = new Set([0x00, 0x01, 0x06, 0x07, 0x0b, 0x13, 0xff])
/** What the secret ones are called. @see HomeKit Accessory Protocol R2 table 5-6 */
const PAIRING_NAMES = new Map([
  [0x02, 'salt'],
  [0x03, 'publicKey'],
  [0x04, 'proof'],
  [0x05, 'encryptedData'],
  [0x09, 'certificate'],
  [0x0a, 'signature'],
])
/** No key is as short as what may stay of a characteristic that nothing is known of. */
const MAX_UNKNOWN = 8

/** What is left, and what is not. */
export interface Redacted<T> {
  readonly value: T
  readonly omitted: readonly string[]
}

/** Types of characteristics by `aid.iid`, as a database lists them: long UUIDs. */
export type KnownTypes = Map<string, string>

/** Learns types from the body of `/accessories`. */
export function learnTypes(known: KnownTypes, json: unknown): void {
  for (const accessory of list(json, 'accessories')) {
    for (const service of list(accessory, 'services')) {
      for (const { iid, type } of list(service, 'characteristics')) {
        if (typeof type === 'string') known.set(`${accessory['aid']}.${iid}`, longType(type))
      }
    }
  }
}

/** Leaves out the values of a body of `application/hap+json` that hold keys. */
export function redactJson(known: KnownTypes, json: unknown): Redacted<unknown> {
  const omitted: string[] = []
  const value = redactValue(json, { known, omitted, aid: undefined })
  return { value, omitted }
}

interface Course {
  readonly known: KnownTypes
  readonly omitted: string[]
  readonly aid: unknown
}

function redactValue(json: unknown, course: Course): unknown {
  if (Array.isArray(json)) return json.map(each => redactValue(each, course))
  if (!isObject(json)) return json
  const { aid = course.aid, iid } = json
  const within = { ...course, aid }
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, member]) => {
      const place = `${key} of ${String(aid)}.${String(iid)}`
      if (key === 'authData') {
        course.omitted.push(place)
        return []
      }
      if (key !== 'value' || iid === undefined) return [[key, redactValue(member, within)]]
      const type = typeOf(json, `${String(aid)}.${String(iid)}`, course.known)
      return [[key, redactCharacteristic(type, member, place, course.omitted)]]
    }),
  )
}

function typeOf(entry: Fields, id: string, known: KnownTypes): string | undefined {
  const { type } = entry
  return typeof type === 'string' ? longType(type) : known.get(id)
}

function redactCharacteristic(
  type: string | undefined,
  value: unknown,
  place: string,
  omitted: string[],
): unknown {
  if (typeof value !== 'string' || value === '') return value
  if (type === undefined) {
    if (value.length <= MAX_UNKNOWN) return value
    omitted.push(`${place}: nothing is known of the characteristic`)
    return null
  }
  const isEndpoints = type === longUuid(characteristics.setupEndpoints.type)
  const isDataStream = type === longUuid(characteristics.setupDataStreamTransport.type)
  if (!isEndpoints && !isDataStream) return value
  try {
    const items = decodeListItems(Buffer.from(value, 'base64'))
    const kept = isEndpoints
      ? items.flatMap(item => withoutSealing(item, place, omitted))
      : items.filter(item => keeps(DATA_STREAM, item, `${place}: key salt`, omitted))
    return Buffer.from(encodeItems(kept)).toString('base64')
  } catch (error) {
    // Two elements of a list without what stood between them cannot be written.
    if (!isTlvError(error) && !(error instanceof RangeError)) throw error
    omitted.push(`${place}: it cannot be read`)
    return null
  }
}

function withoutSealing(item: TlvItem, place: string, omitted: string[]): TlvItem[] {
  const media = SEALING.get(item.type)
  if (media === undefined) return keeps(ENDPOINTS, item, place, omitted) ? [item] : []
  const suite = decodeListItems(item.value).filter(({ type }) => type === CRYPTO_SUITE)
  omitted.push(`${place}: SRTP key and salt of the ${media}`)
  return [{ type: item.type, value: encodeItems(suite) }]
}

function keeps(
  harmless: ReadonlySet<number>,
  { type, value }: TlvItem,
  place: string,
  omitted: string[],
): boolean {
  if (harmless.has(type)) return true
  omitted.push(`${place} (type ${type}, ${value.length} bytes)`)
  return false
}

/** Leaves keys, proofs, salts, signatures and what is sealed out of a pairing message. */
export function redactPairing(body: Uint8Array): Redacted<readonly TraceTlvItem[]> {
  const omitted: string[] = []
  try {
    const value = decodeItems(body).map(({ type, value: bytes }) => {
      const item = { type, length: bytes.length }
      if (PAIRING.has(type)) return { ...item, value: Buffer.from(bytes).toString('hex') }
      omitted.push(`${PAIRING_NAMES.get(type) ?? `type ${type}`} (${bytes.length} bytes)`)
      return item
    })
    return { value, omitted }
  } catch (error) {
    if (!isTlvError(error)) throw error
    return { value: [], omitted: [`body (${body.length} bytes): it cannot be read`] }
  }
}

type Fields = Readonly<Record<string, unknown>>

function isObject(json: unknown): json is Fields {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function list(json: unknown, key: string): Fields[] {
  const member = isObject(json) ? json[key] : undefined
  return Array.isArray(member) ? member.filter(isObject) : []
}

/** What is no UUID is the type of nothing. */
function longType(type: string): string {
  return /^[0-9a-f]{1,8}(?:-|$)/i.test(type) ? longUuid(type) : type
}
