import type { CryptoProvider } from '@hksv/crypto'

import type { HapConnection } from './connection.ts'
import type { RemoteCharacteristic, RemoteDatabase, Value } from './database.ts'
import { HubError } from './errors.ts'
import {
  type Entry,
  entryOf,
  httpError,
  jsonBody,
  parseEntries,
  parseStatus,
  refused,
} from './hap-json.ts'
import { Inbox } from './inbox.ts'

/** The longest request line stays below 1 KiB, whatever the ids. */
const READ_BATCH = 50
const SUBSCRIPTION_BATCH = 200
const TIMED_WRITE_MS = 5000

/** A characteristic and what it is at. */
export interface Reading {
  readonly characteristic: RemoteCharacteristic
  readonly value: Value
}

/**
 * `GET /characteristics`, in as many requests as it takes.
 *
 * @returns In the order asked for; those that could not be read are left out.
 * @see HomeKit Accessory Protocol R2 §6.7.4
 */
export async function readCharacteristics(
  connection: HapConnection,
  characteristics: readonly RemoteCharacteristic[],
): Promise<Reading[]> {
  const entries: Entry[] = []
  for (let from = 0; from < characteristics.length; from += READ_BATCH) {
    const batch = characteristics.slice(from, from + READ_BATCH)
    const ids = batch.map(({ aid, iid }) => `${aid}.${iid}`).join(',')
    const { status, body } = await connection.request('GET', `/characteristics?id=${ids}`)
    if (status !== 200 && status !== 207) throw httpError('/characteristics', status)
    entries.push(...parseEntries(body))
  }
  return characteristics.flatMap(characteristic => {
    const entry = entryOf(entries, characteristic)
    if (entry?.value === undefined || entry.status !== 0) return []
    return [{ characteristic, value: entry.value }]
  })
}

/** What an accessory would not do. */
export interface Refusal {
  readonly characteristic: RemoteCharacteristic
  /** A `hapStatus`. */
  readonly status: number
}

/** What a write says of its characteristic. */
export interface WriteMembers {
  readonly value?: Value
  readonly ev?: boolean
  /** Asks for a write response. */
  readonly r?: true
}

/**
 * `PUT /characteristics` for one of them.
 *
 * @param pid Of {@link prepare}, for a timed write.
 * @returns What the accessory says of it, if it says more than that all is well.
 * @throws HubError `HUB_REFUSED`
 * @see HomeKit Accessory Protocol R2 §6.7.2
 */
export async function putCharacteristic(
  connection: HapConnection,
  characteristic: RemoteCharacteristic,
  members: WriteMembers,
  pid?: number,
): Promise<Entry | undefined> {
  const { aid, iid } = characteristic
  const name = nameOf(characteristic)
  const envelope = { characteristics: [{ aid, iid, ...members }] }
  const request = jsonBody(pid === undefined ? envelope : { ...envelope, pid })
  const { status, body } = await connection.request('PUT', '/characteristics', request)
  if (status === 204 || (status === 200 && body.length === 0)) return undefined
  if (status !== 200 && status !== 207) throw httpError(`the write of ${name}`, status)
  const entry = entryOf(parseEntries(body), characteristic)
  if (entry === undefined) {
    const message = `The accessory answered the write of ${name} without naming it. Tell its maker.`
    throw new HubError('HUB_PROTOCOL', { message })
  }
  if (entry.status !== 0) throw refused(name, entry.status)
  return entry
}

/**
 * Asks for events, or for no more, in one `PUT` for each accessory of a bridge, as Apple's controllers
 * do.
 *
 * @returns Those that were refused, with their status; what the accessory says nothing of is granted.
 * @throws HubError As {@link putCharacteristic}, but for what is refused one by one
 * @see HomeKit Accessory Protocol R2 §6.8
 */
export async function putSubscriptions(
  connection: HapConnection,
  characteristics: readonly RemoteCharacteristic[],
  isWanted: boolean,
): Promise<Refusal[]> {
  const refusals: Refusal[] = []
  for (const batch of batchesByAccessory(characteristics)) {
    const entries = batch.map(({ aid, iid }) => ({ aid, iid, ev: isWanted }))
    const request = jsonBody({ characteristics: entries })
    const { status, body } = await connection.request('PUT', '/characteristics', request)
    if (status === 204 || (status === 200 && body.length === 0)) continue
    if (status !== 200 && status !== 207) throw httpError('subscriptions', status)
    const answers = parseEntries(body)
    refusals.push(
      ...batch.flatMap(characteristic => {
        const code = entryOf(answers, characteristic)?.status ?? 0
        return code === 0 ? [] : [{ characteristic, status: code }]
      }),
    )
  }
  return refusals
}

/** @returns No request becomes as large as what an accessory has room for, 32 KiB. */
function batchesByAccessory(
  characteristics: readonly RemoteCharacteristic[],
): RemoteCharacteristic[][] {
  const batches: RemoteCharacteristic[][] = []
  for (const aid of new Set(characteristics.map(each => each.aid))) {
    const own = characteristics.filter(each => each.aid === aid)
    for (let from = 0; from < own.length; from += SUBSCRIPTION_BATCH) {
      batches.push(own.slice(from, from + SUBSCRIPTION_BATCH))
    }
  }
  return batches
}

/**
 * `PUT /prepare`: announces a timed write, which has to follow within 5 s on the same connection.
 *
 * @returns The number to put on the write.
 * @throws HubError `HUB_REFUSED`
 * @see HomeKit Accessory Protocol R2 §6.7.2.4
 */
export async function prepare(connection: HapConnection, crypto: CryptoProvider): Promise<number> {
  const random = crypto.random(4)
  const pid = new DataView(random.buffer, random.byteOffset).getUint32(0) + 1
  const request = jsonBody({ ttl: TIMED_WRITE_MS, pid })
  const { status, body } = await connection.request('PUT', '/prepare', request)
  if (status !== 200 && status !== 207) throw httpError('/prepare', status)
  const code = parseStatus(body)
  if (code !== 0) throw refused('a timed write', code)
  return pid
}

/**
 * What an accessory reports from this call on.
 *
 * @throws HubError when the connection ends; the reason of `signal` when that aborts.
 * @see HomeKit Accessory Protocol R2 §6.8
 */
export function events(
  connection: HapConnection,
  database: RemoteDatabase,
  signal?: AbortSignal,
): AsyncIterableIterator<Reading> {
  const inbox = new Inbox<Reading>()
  const ended = () => inbox.end(connection.signal.reason)
  const forget = connection.onEvent(({ body }) => {
    try {
      inbox.push(...readings(database, body))
    } catch (error) {
      inbox.end(error)
    }
  })
  const stop = () => {
    forget()
    connection.signal.removeEventListener('abort', ended)
  }
  connection.signal.addEventListener('abort', ended)
  if (connection.signal.aborted) ended()
  return {
    async next() {
      try {
        return { done: false, value: await inbox.take(signal) }
      } catch (error) {
        stop()
        throw error
      }
    },
    async return() {
      stop()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** The name of a characteristic, or its UUID. */
export function nameOf({ name, type }: RemoteCharacteristic): string {
  return name ?? type
}

function readings(database: RemoteDatabase, body: Uint8Array): Reading[] {
  return parseEntries(body).flatMap(({ aid, iid, value = null }) => {
    const characteristic = database.find(aid, iid)
    return characteristic === undefined ? [] : [{ characteristic, value }]
  })
}
