import { type HapStatus, hapStatus } from '@hksv/hap'
import * as v from 'valibot'

import type { AttributeDatabase } from '../database/attribute-database.ts'
import { type Characteristic, describeMeta } from '../database/characteristic.ts'
import type { RequestContext } from '../database/request-context.ts'
import { type CharacteristicValue, parseValue } from '../database/value.ts'
import { isAccessoryError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { PairingList } from '../pairing-list.ts'
import { type Id, MAX_UINT64, parseReadQuery, type ReadWants } from './read-query.ts'
import { empty, json, jsonText, type Reply } from './reply.ts'
import type { HapSession } from './session.ts'

const id: v.GenericSchema<Id> = v.union([
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  v.pipe(v.bigint(), v.minValue(0n), v.maxValue(MAX_UINT64)),
])
const flag = v.union([v.boolean(), v.literal(0), v.literal(1)])
const writeBody = v.object({
  characteristics: v.array(
    v.object({
      aid: id,
      iid: id,
      value: v.optional(v.unknown()),
      ev: v.optional(flag),
      r: v.optional(flag),
    }),
  ),
  pid: v.optional(id),
})
const prepareBody = v.object({ ttl: id, pid: id })

type WriteEntry = v.InferOutput<typeof writeBody>['characteristics'][number]

interface EntryResult {
  readonly aid: Id
  readonly iid: Id
  readonly status: HapStatus
  /** With success, where a value belongs to it. */
  readonly value?: CharacteristicValue
  /** What a query asked for besides. */
  readonly more?: object
}

/** What the endpoints of the database work on. */
export interface EndpointContext {
  readonly database: AttributeDatabase
  readonly pairings: PairingList
  readonly log: Log
  readonly now: () => number
}

/** `GET /characteristics?id=1.9,1.10`. @see HomeKit Accessory Protocol R2 §6.7.4 */
export function readCharacteristics(
  context: EndpointContext,
  session: HapSession,
  scope: RequestContext,
  target: string,
): Reply | Promise<Reply> {
  const query = parseReadQuery(target)
  if (query === undefined) return empty(400)
  const { ids, wants } = query
  if (ids.length === 0) return empty(204)
  const results = ids.map(({ aid, iid }) => readEntry(context, session, scope, { aid, iid, wants }))
  // Most values are at hand.
  return results.every(isResult) ? listed(results) : Promise.all(results).then(listed)
}

function readEntry(
  { database, log }: EndpointContext,
  session: HapSession,
  scope: RequestContext,
  { aid, iid, wants }: { aid: Id; iid: Id; wants: ReadWants },
): EntryResult | Promise<EntryResult> {
  const characteristic = database.find(aid, iid)
  if (characteristic === undefined) return { aid, iid, status: hapStatus.doesNotExist }
  const { definition, instanceId, isAdminRead } = characteristic
  const more = {
    ...(wants.type ? { type: definition.type } : {}),
    ...(wants.perms ? { perms: definition.perms } : {}),
    ...(wants.ev ? { ev: session.subscriptions.has(instanceId) } : {}),
    ...(wants.meta ? describeMeta(definition) : {}),
  }
  if (isAdminRead && !scope.isAdmin) {
    return { aid, iid, more, status: hapStatus.insufficientPrivileges }
  }
  const good = (value: CharacteristicValue) => ({
    aid,
    iid,
    value,
    more,
    status: hapStatus.success,
  })
  const bad = (error: unknown) => ({
    aid,
    iid,
    more,
    status: statusOf(error, log, characteristic),
  })
  try {
    const value = characteristic.read(scope)
    return value instanceof Promise ? value.then(good, bad) : good(value)
  } catch (error) {
    return bad(error)
  }
}

function isResult(result: EntryResult | Promise<EntryResult>): result is EntryResult {
  return !(result instanceof Promise)
}

/** `PUT /characteristics`. @see HomeKit Accessory Protocol R2 §6.7.2 */
export async function writeCharacteristics(
  context: EndpointContext,
  session: HapSession,
  scope: RequestContext,
  body: unknown,
): Promise<Reply> {
  const parsed = v.safeParse(writeBody, body)
  if (!parsed.success || parsed.output.characteristics.some(({ value }) => value === null)) {
    return empty(400)
  }
  const { characteristics, pid } = parsed.output
  const timed = pid === undefined ? 'untimed' : consumeTimedWrite(session, pid, context.now())
  const results: EntryResult[] = []
  for (const entry of characteristics) {
    results.push(
      timed === 'invalid'
        ? { aid: entry.aid, iid: entry.iid, status: hapStatus.invalidValue }
        : await writeEntry(context, session, scope, entry, timed === 'timed'),
    )
  }
  const wantsResponse = characteristics.some(({ r }) => isOn(r))
  return results.every(isGood) && !wantsResponse ? empty(204) : withStatuses(results)
}

/** `PUT /prepare`. @see HomeKit Accessory Protocol R2 §6.7.2.4 */
export function prepareTimedWrite(session: HapSession, body: unknown, now: number): Reply {
  const parsed = v.safeParse(prepareBody, body)
  if (!parsed.success) return empty(400)
  const { pid, ttl } = parsed.output
  session.timedWrite = { pid, expiresAt: now + Number(ttl) }
  return json(200, { status: hapStatus.success })
}

/** A prepared write is good for one PUT with a pid, be it the right one or not. */
function consumeTimedWrite(session: HapSession, pid: Id, now: number): 'timed' | 'invalid' {
  const prepared = session.timedWrite
  session.timedWrite = undefined
  return prepared?.pid === pid && now <= prepared.expiresAt ? 'timed' : 'invalid'
}

async function writeEntry(
  context: EndpointContext,
  session: HapSession,
  scope: RequestContext,
  entry: WriteEntry,
  isTimed: boolean,
): Promise<EntryResult> {
  const { aid, iid, ev } = entry
  const result = (status: HapStatus) => ({ aid, iid, status })
  const characteristic = context.database.find(aid, iid)
  if (characteristic === undefined) return result(hapStatus.doesNotExist)
  if (entry.value === undefined && ev === undefined) return result(hapStatus.invalidValue)
  if (ev !== undefined) {
    const refusal = refuseEvents(characteristic, scope)
    if (refusal !== undefined) return result(refusal)
    session.subscribe(characteristic.instanceId, isOn(ev))
  }
  if (entry.value === undefined) return result(hapStatus.success)
  const refusal = refuseWrite(characteristic, scope, isTimed)
  if (refusal !== undefined) return result(refusal)
  const value = parseValue(characteristic.definition, entry.value)
  if (value === undefined) return result(hapStatus.invalidValue)
  try {
    const response = await characteristic.write(value, scope)
    if (!isOn(entry.r)) return result(hapStatus.success)
    if (!characteristic.definition.perms.includes('wr')) return result(hapStatus.writeOnly)
    return { ...result(hapStatus.success), value: response ?? characteristic.value }
  } catch (error) {
    return result(statusOf(error, context.log, characteristic))
  }
}

function refuseEvents(
  { definition, isAdminRead }: Characteristic,
  { isAdmin }: RequestContext,
): HapStatus | undefined {
  if (isAdminRead && !isAdmin) return hapStatus.insufficientPrivileges
  return definition.perms.includes('ev') ? undefined : hapStatus.notificationNotSupported
}

function refuseWrite(
  { definition, isAdminWrite }: Characteristic,
  { isAdmin }: RequestContext,
  isTimed: boolean,
): HapStatus | undefined {
  if (isAdminWrite && !isAdmin) return hapStatus.insufficientPrivileges
  if (!definition.perms.includes('pw')) return hapStatus.readOnly
  if (definition.perms.includes('tw') && !isTimed) return hapStatus.invalidValue
  return undefined
}

function statusOf(error: unknown, log: Log, { name }: Characteristic): HapStatus {
  if (isAccessoryError(error) && error.hapStatus !== undefined) return error.hapStatus
  // The storage has said so itself.
  if (isAccessoryError(error) && error.code === 'STORAGE_UNUSABLE') return hapStatus.unableToPerform
  log.error({ err: error, characteristic: name }, `${name} could not be served`)
  return hapStatus.unableToPerform
}

/** 200 for values alone; 207 with the status of each when one of them is not there. */
function listed(results: readonly EntryResult[]): Reply {
  if (!results.every(isGood)) return withStatuses(results)
  return jsonText(200, entries(results.map(({ status: _, ...result }) => result)))
}

function withStatuses(results: readonly EntryResult[]): Reply {
  return jsonText(207, entries(results))
}

/** JSON by hand: ids are integers of any size. */
function entries(
  results: readonly (Omit<EntryResult, 'status'> & { status?: HapStatus })[],
): string {
  const texts = results.map(({ aid, iid, value, more, status }) => {
    const rest = JSON.stringify({ value, ...more, status })
    return `{"aid":${aid},"iid":${iid}${rest === '{}' ? '' : ','}${rest.slice(1)}`
  })
  return `{"characteristics":[${texts.join(',')}]}`
}

function isGood({ status }: EntryResult): boolean {
  return status === hapStatus.success
}

function isOn(flagged: boolean | 0 | 1 | undefined): boolean {
  return flagged === true || flagged === 1
}
