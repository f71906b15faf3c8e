import { ADMIN, type HapStatus, hapStatus } from '@hksv/hap'
import { z } from 'zod'

import { type AttributeDatabase, describeMeta } from '../database/attribute-database.ts'
import type { Characteristic, Requester } from '../database/characteristic.ts'
import { type CharacteristicValue, parseValue } from '../database/value.ts'
import { isAccessoryError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { PairingList } from '../pairing-list.ts'
import { empty, json, type Reply } from './reply.ts'
import type { HapSession } from './session.ts'

const IDS = /^(?:\d+\.\d+(?:,\d+\.\d+)*)?$/
const FLAGS: ReadonlySet<string> = new Set(['meta', 'perms', 'type', 'ev'])

// 64 bits on the wire: beyond 2^53 they are rounded, which is near enough for what does not exist.
const id = z.number().nonnegative().refine(Number.isInteger)
const flag = z.union([z.boolean(), z.literal(0), z.literal(1)])
const writeBody = z.object({
  characteristics: z.array(
    z.object({
      aid: id,
      iid: id,
      value: z.unknown().optional(),
      ev: flag.optional(),
      r: flag.optional(),
    }),
  ),
  pid: id.optional(),
})
const prepareBody = z.object({ ttl: id, pid: id })

type WriteEntry = z.infer<typeof writeBody>['characteristics'][number]

interface EntryResult {
  readonly aid: number
  readonly iid: number
  readonly status: HapStatus
  readonly value?: CharacteristicValue
}

/** What the endpoints of the database work on. */
export interface EndpointContext {
  readonly database: AttributeDatabase
  readonly pairings: PairingList
  readonly log: Log
  readonly now: () => number
}

/** `GET /characteristics?id=1.9,1.10`. @see HomeKit Accessory Protocol R2 §6.7.4 */
export async function readCharacteristics(
  context: EndpointContext,
  session: HapSession,
  requester: Requester,
  query: string | undefined,
): Promise<Reply> {
  const fields = parseQuery(query ?? '')
  const ids = fields?.get('id')
  if (ids === undefined) return empty(400)
  if (ids === '') return empty(204)
  const wants = (name: string) => fields?.get(name) === '1'
  const entries = await Promise.all(
    ids.split(',').map(async text => {
      const [aid = 0, iid = 0] = text.split('.').map(Number)
      const characteristic = context.database.find(aid, iid)
      if (characteristic === undefined) return { aid, iid, status: hapStatus.doesNotExist }
      const { definition } = characteristic
      const extra = {
        ...(wants('type') ? { type: definition.type } : {}),
        ...(wants('perms') ? { perms: definition.perms } : {}),
        ...(wants('ev') ? { ev: session.subscriptions.has(iid) } : {}),
        ...(wants('meta') ? describeMeta(definition) : {}),
      }
      try {
        const value = await characteristic.read(requester)
        return { aid, iid, value, ...extra, status: hapStatus.success }
      } catch (error) {
        return { aid, iid, ...extra, status: statusOf(error, context.log, characteristic) }
      }
    }),
  )
  if (entries.some(entry => entry.status !== hapStatus.success)) {
    return json(207, { characteristics: entries })
  }
  return json(200, { characteristics: entries.map(({ status: _, ...entry }) => entry) })
}

/** `PUT /characteristics`. @see HomeKit Accessory Protocol R2 §6.7.2 */
export async function writeCharacteristics(
  context: EndpointContext,
  session: HapSession,
  requester: Requester,
  body: unknown,
): Promise<Reply> {
  const parsed = writeBody.safeParse(body)
  if (!parsed.success || parsed.data.characteristics.some(entry => entry.value === null)) {
    return empty(400)
  }
  const { characteristics, pid } = parsed.data
  const timed = pid === undefined ? 'untimed' : consumeTimedWrite(session, pid, context.now())
  const results: EntryResult[] = []
  for (const entry of characteristics) {
    results.push(
      timed === 'invalid'
        ? { aid: entry.aid, iid: entry.iid, status: hapStatus.invalidValue }
        : await writeEntry(context, session, requester, entry, timed === 'timed'),
    )
  }
  const wantsResponse = characteristics.some(({ r }) => r === true || r === 1)
  const isAllGood = results.every(({ status }) => status === hapStatus.success)
  return isAllGood && !wantsResponse ? empty(204) : json(207, { characteristics: results })
}

/** `PUT /prepare`. @see HomeKit Accessory Protocol R2 §6.7.2.4 */
export function prepareTimedWrite(session: HapSession, body: unknown, now: number): Reply {
  const parsed = prepareBody.safeParse(body)
  if (!parsed.success) return empty(400)
  session.timedWrite = { pid: parsed.data.pid, expiresAt: now + parsed.data.ttl }
  return json(200, { status: hapStatus.success })
}

/** A prepared write is good for one PUT with a pid, be it the right one or not. */
function consumeTimedWrite(session: HapSession, pid: number, now: number): 'timed' | 'invalid' {
  const prepared = session.timedWrite
  session.timedWrite = undefined
  return prepared?.pid === pid && now <= prepared.expiresAt ? 'timed' : 'invalid'
}

async function writeEntry(
  context: EndpointContext,
  session: HapSession,
  requester: Requester,
  entry: WriteEntry,
  isTimed: boolean,
): Promise<EntryResult> {
  const { aid, iid, ev } = entry
  const result = (status: HapStatus) => ({ aid, iid, status })
  const characteristic = context.database.find(aid, iid)
  if (characteristic === undefined) return result(hapStatus.doesNotExist)
  if (entry.value === undefined && ev === undefined) return result(hapStatus.invalidValue)
  if (ev !== undefined) {
    if (!characteristic.definition.perms.includes('ev')) {
      return result(hapStatus.notificationNotSupported)
    }
    session.subscribe(iid, ev === true || ev === 1)
  }
  if (entry.value === undefined) return result(hapStatus.success)
  const refusal = refuseWrite(context, characteristic, requester, isTimed)
  if (refusal !== undefined) return result(refusal)
  const value = parseValue(characteristic.definition, entry.value)
  if (value === undefined) return result(hapStatus.invalidValue)
  try {
    const response = await characteristic.write(value, requester)
    if (entry.r !== true && entry.r !== 1) return result(hapStatus.success)
    if (!characteristic.definition.perms.includes('wr')) return result(hapStatus.writeOnly)
    return { ...result(hapStatus.success), value: response ?? characteristic.value }
  } catch (error) {
    return result(statusOf(error, context.log, characteristic))
  }
}

function refuseWrite(
  { pairings }: EndpointContext,
  { definition, isAdminWrite }: Characteristic,
  requester: Requester,
  isTimed: boolean,
): HapStatus | undefined {
  const permissions = pairings.find(requester.controllerId)?.permissions ?? 0
  if (isAdminWrite && (permissions & ADMIN) === 0) return hapStatus.insufficientPrivileges
  if (!definition.perms.includes('pw')) return hapStatus.readOnly
  if (definition.perms.includes('tw') && !isTimed) return hapStatus.invalidValue
  return undefined
}

function statusOf(error: unknown, log: Log, { name }: Characteristic): HapStatus {
  if (isAccessoryError(error) && error.hapStatus !== undefined) return error.hapStatus
  log.error({ err: error, characteristic: name }, `${name} could not be served`)
  return hapStatus.unableToPerform
}

/** @returns `undefined` when anything in it is not one of the endpoint's. */
function parseQuery(query: string): ReadonlyMap<string, string> | undefined {
  const fields = new Map<string, string>()
  // Some controllers percent-encode the commas between ids.
  for (const field of query.replaceAll(/%2c/gi, ',').split('&')) {
    const [name = '', value = ''] = field.split('=', 2)
    const isKnown = name === 'id' ? IDS.test(value) : FLAGS.has(name) && /^[01]$/.test(value)
    if (!isKnown) return undefined
    fields.set(name, value)
  }
  return fields
}
