import {
  decodePairingsResponse,
  encodePairingsRequest,
  type Pairing,
  type PairingsRequest,
} from '@hksv/hap'

import type { RemoteCharacteristic, Value } from '../../database.ts'
import { HubError } from '../../errors.ts'
import { refused } from '../../hap-json.ts'
import { type Answer, entriesOf, entryStatus, type RawEntry } from '../wire/answers.ts'
import type { RawSession } from '../wire/raw-session.ts'

/** What a write says of a characteristic. */
export interface RawWrite {
  readonly characteristic: Pick<RemoteCharacteristic, 'aid' | 'iid'>
  readonly value?: unknown
  readonly ev?: unknown
  readonly r?: true
}

/** `PUT /characteristics`, as it is. */
export function put(
  session: RawSession,
  writes: readonly RawWrite[],
  more: object = {},
): Promise<Answer> {
  const characteristics = writes.map(({ characteristic: { aid, iid }, ...members }) => ({
    aid,
    iid,
    ...members,
  }))
  return session.request('PUT', '/characteristics', { characteristics, ...more })
}

/** `GET /characteristics`, as it is. */
export function get(
  session: RawSession,
  wanted: readonly Pick<RemoteCharacteristic, 'aid' | 'iid'>[],
  query = '',
): Promise<Answer> {
  const ids = wanted.map(({ aid, iid }) => `${aid}.${iid}`).join(',')
  return session.request('GET', `/characteristics?id=${ids}${query}`)
}

/** What an answer says of one characteristic. */
export function entryFor(
  answer: Answer,
  { aid, iid }: Pick<RemoteCharacteristic, 'aid' | 'iid'>,
): RawEntry | undefined {
  return entriesOf(answer).find(entry => entry.aid === aid && entry.iid === iid)
}

/** The status of one characteristic in the answer to a write: 204 is success for all. */
export function writeStatus(
  answer: Answer,
  characteristic: Pick<RemoteCharacteristic, 'aid' | 'iid'>,
): number | undefined {
  if (answer.status === 204) return 0
  return entryStatus(entryFor(answer, characteristic))
}

/** Reads one value. @throws HubError `HUB_REFUSED` */
export async function readValue(
  session: RawSession,
  characteristic: RemoteCharacteristic,
): Promise<unknown> {
  const entry = entryFor(await get(session, [characteristic]), characteristic)
  const status = entryStatus(entry)
  if (entry === undefined || status !== 0)
    throw refused(characteristic.name ?? characteristic.type, status ?? -70402)
  return entry.value
}

/** Writes one value, timed where it has to be. @returns Its status. */
export async function tryWrite(
  session: RawSession,
  characteristic: RemoteCharacteristic,
  value: Value,
): Promise<number> {
  const isTimed = characteristic.perms.includes('tw')
  const more = isTimed ? { pid: await prepare(session) } : {}
  const answer = await put(session, [{ characteristic, value }], more)
  const status = writeStatus(answer, characteristic)
  if (status === undefined)
    throw new HubError('HUB_PROTOCOL', {
      message: `A write was answered with HTTP ${answer.status}.`,
    })
  return status
}

/** Writes one value, timed where it has to be. @throws HubError `HUB_REFUSED` */
export async function writeValue(
  session: RawSession,
  characteristic: RemoteCharacteristic,
  value: Value,
): Promise<void> {
  const status = await tryWrite(session, characteristic, value)
  if (status !== 0) throw refused(characteristic.name ?? characteristic.type, status)
}

/** `PUT /prepare`. @returns The number to put on the write. */
export async function prepare(session: RawSession, ttl = 5000): Promise<number> {
  const pid = session.nextPid()
  const { status } = await session.request('PUT', '/prepare', { ttl, pid })
  if (status !== 200)
    throw new HubError('HUB_PROTOCOL', {
      message: `PUT /prepare was answered with HTTP ${status}.`,
    })
  return pid
}

/** A request about pairings. @throws HapError `PAIR_REFUSED` and others, HubError */
export async function requestPairings(
  session: RawSession,
  request: PairingsRequest,
): Promise<Pairing[]> {
  const answer = await session.request('POST', '/pairings', encodePairingsRequest(request))
  if (answer.status !== 200) {
    throw new HubError('HUB_PROTOCOL', {
      message: `POST /pairings was answered with HTTP ${answer.status}.`,
    })
  }
  return decodePairingsResponse(answer.body)
}
