const IDS = /^(?:\d{1,20}\.\d{1,20}(?:,\d{1,20}\.\d{1,20})*)?$/
/** The largest id. */
export const MAX_UINT64: bigint = 0xffff_ffff_ffff_ffffn

/** 64 bits on the wire, as a number where that is exact. */
export type Id = number | bigint

/** What a read tells of each characteristic besides its value. */
export interface ReadWants {
  readonly meta: boolean
  readonly perms: boolean
  readonly type: boolean
  readonly ev: boolean
}

/** The query of `GET /characteristics`. */
export interface ReadQuery {
  readonly ids: readonly { readonly aid: Id; readonly iid: Id }[]
  readonly wants: ReadWants
}

/**
 * Reads the target of `GET /characteristics?id=1.9,1.10&meta=1&perms=1&type=1&ev=1`.
 *
 * @returns `undefined` when anything in it is not one of the endpoint's, or `id` is missing.
 * @see HomeKit Accessory Protocol R2 §6.7.4.1
 */
export function parseReadQuery(target: string): ReadQuery | undefined {
  const [resource = ''] = target.split('#', 1)
  const question = resource.indexOf('?')
  const wants = { meta: false, perms: false, type: false, ev: false }
  let ids: ReadQuery['ids'] | undefined
  // Some controllers percent-encode the commas between ids.
  for (const field of resource
    .slice(question + 1)
    .replaceAll(/%2c/gi, ',')
    .split('&')) {
    const [name = '', value = '', ...more] = field.split('=')
    if (more.length > 0) return undefined
    if (name === 'id') {
      ids = parseIds(value)
      if (ids === undefined) return undefined
    } else if (Object.hasOwn(wants, name) && (value === '0' || value === '1')) {
      wants[name as keyof ReadWants] = value === '1'
    } else return undefined
  }
  return ids === undefined ? undefined : { ids, wants }
}

function parseIds(text: string): ReadQuery['ids'] | undefined {
  if (!IDS.test(text)) return undefined
  const ids = []
  for (const pair of text === '' ? [] : text.split(',')) {
    const [aid, iid] = pair.split('.').map(parseId)
    if (aid === undefined || iid === undefined) return undefined
    ids.push({ aid, iid })
  }
  return ids
}

function parseId(digits: string): Id | undefined {
  const number = Number(digits)
  if (Number.isSafeInteger(number)) return number
  const large = BigInt(digits)
  return large <= MAX_UINT64 ? large : undefined
}
