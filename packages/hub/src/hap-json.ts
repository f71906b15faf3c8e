import { type HapStatus, hapStatus, hapStatusText } from '@hksv/hap'
import * as v from 'valibot'

import type { RequestBody } from './connection.ts'
import { idSchema, type RemoteCharacteristic, type Value, valueSchema } from './database.ts'
import { HubError } from './errors.ts'

// The JSON bodies of HAP, as an accessory writes them and as it misspells them.

// Some accessories write statuses without their sign.
const status = v.pipe(
  v.number(),
  v.transform(code => -Math.abs(code) + 0),
)
const entrySchema = v.object({
  aid: idSchema,
  iid: idSchema,
  status: v.optional(status, 0),
  value: v.optional(valueSchema),
})
const entriesSchema = v.object({ characteristics: v.array(entrySchema) })
const statusSchema = v.object({ status: v.optional(status, 0) })

/** What an accessory says of one characteristic. */
export interface Entry {
  readonly aid: number
  readonly iid: number
  /** A `hapStatus`, 0 when all is well. */
  readonly status: number
  readonly value?: Value | undefined
}

/** What a user can do about a status; without an entry there is nothing but to try again. */
const WAYS_OUT: { readonly [status in HapStatus]?: string } = {
  [hapStatus.insufficientPrivileges]: 'Only an administrator of the home may do that.',
  [hapStatus.unableToPerform]: 'Look at what the accessory logs.',
  [hapStatus.readOnly]: 'It cannot be written.',
  [hapStatus.writeOnly]: 'It cannot be read.',
  [hapStatus.notificationNotSupported]: 'It can only be asked for.',
  [hapStatus.doesNotExist]: 'The accessory has changed: connect again.',
  [hapStatus.invalidValue]: 'Choose a value that the accessory offers.',
  [hapStatus.insufficientAuthorization]: 'Pair it again.',
  [hapStatus.notAllowedInCurrentState]: 'Switch the camera on first.',
}

/** Writes a body. */
export function jsonBody(value: object): RequestBody {
  return { type: 'application/hap+json', bytes: Buffer.from(JSON.stringify(value)) }
}

/** @throws HubError `HUB_PROTOCOL` */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch (cause) {
    const message = 'The accessory answered with something that is no JSON. Tell its maker.'
    throw new HubError('HUB_PROTOCOL', { message, cause })
  }
}

/** @throws HubError `HUB_PROTOCOL` */
export function parseEntries(body: Uint8Array): Entry[] {
  return parse(entriesSchema, body).characteristics
}

/** @returns The status that stands alone in a body. @throws HubError `HUB_PROTOCOL` */
export function parseStatus(body: Uint8Array): number {
  return parse(statusSchema, body).status
}

/** @returns What is said of a characteristic, if anything is. */
export function entryOf(
  entries: readonly Entry[],
  { aid, iid }: RemoteCharacteristic,
): Entry | undefined {
  return entries.find(entry => entry.aid === aid && entry.iid === iid)
}

/** The accessory refused something with a HAP status. */
export function refused(what: string, code: number): HubError {
  const wayOut = WAYS_OUT[code as HapStatus] ?? 'Try again later.'
  return new HubError('HUB_REFUSED', {
    message: `The accessory refused ${what}: ${hapStatusText(code)}. ${wayOut}`,
    status: code,
  })
}

/** The accessory answered with an HTTP status that means a fault. */
export function httpError(what: string, code: number): HubError {
  if (code === 470) return new HubError('HUB_NOT_PAIRED')
  const message = `The accessory answered ${what} with HTTP status ${code}. Tell its maker.`
  return new HubError('HUB_PROTOCOL', { message })
}

function parse<T>(schema: v.GenericSchema<unknown, T>, body: Uint8Array): T {
  const parsed = v.safeParse(schema, parseJson(body))
  if (parsed.success) return parsed.output
  const message = 'The accessory answered in a form that is not the one of HAP. Tell its maker.'
  throw new HubError('HUB_PROTOCOL', { message, cause: new v.ValiError(parsed.issues) })
}
