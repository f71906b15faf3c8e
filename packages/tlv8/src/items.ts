import { TlvError } from './errors.ts'

/** One value and its type, however many fragments it takes on the wire. */
export interface TlvItem {
  /** 0..255 */
  readonly type: number
  readonly value: Uint8Array
}

/** The type of the empty items that separate the elements of a list in characteristic values. */
export const LIST_SEPARATOR = 0x00

const MAX_FRAGMENT = 255
/** Far above the largest value of a camera, far below what costs anything. */
const MAX_ITEMS = 4096

interface Fragment {
  readonly type: number
  readonly value: Uint8Array
  readonly offset: number
}

/**
 * Writes items: type, length, value. A value over 255 bytes becomes fragments of one type, all but
 * the last of 255 bytes. An empty value becomes one empty item.
 *
 * @throws RangeError when a type is no byte, or that of the item before it: a reader would join the
 * two, so a separator belongs between.
 * @see HomeKit Accessory Protocol R2 §14.1
 * @example encodeItems([{ type: 0x06, value: Uint8Array.of(1) }]) // 06 01 01
 */
export function encodeItems(items: readonly TlvItem[]): Uint8Array {
  let length = 0
  for (const { value } of items) length += value.length + 2 * fragmentCount(value)
  const encoded = new Uint8Array(length)
  let to = 0
  let previousType: number | undefined
  for (const { type, value } of items) {
    checkType(type)
    if (type === previousType) throw new RangeError(`two items of type ${type} without a separator`)
    previousType = type
    for (let from = 0, left = fragmentCount(value); left > 0; left--, from += MAX_FRAGMENT) {
      const fragment = value.subarray(from, from + MAX_FRAGMENT)
      encoded[to] = type
      encoded[to + 1] = fragment.length
      encoded.set(fragment, to + 2)
      to += 2 + fragment.length
    }
  }
  return encoded
}

/**
 * Reads items strictly, as pairing messages need it: only the last fragment of a value may be short,
 * and it may not be empty.
 *
 * @returns Values are views of `bytes`, fragmented ones copies.
 * @throws TlvError `TLV_TRUNCATED`, `TLV_FRAGMENT`, `TLV_TOO_MANY`
 */
export function decodeItems(bytes: Uint8Array): TlvItem[] {
  return join(readFragments(bytes), (previous, next) => {
    if (previous.value.length !== MAX_FRAGMENT || next.value.length === 0) {
      throw new TlvError('TLV_FRAGMENT', { offset: next.offset })
    }
    return true
  })
}

/**
 * Reads items of characteristic values as they are found in the field: an item of the same type
 * after a fragment shorter than 255 bytes is the next element of a list; empty items only separate,
 * be they of type 00 or of the list's own type.
 *
 * @returns Values are views of `bytes`, fragmented ones copies.
 * @throws TlvError `TLV_TRUNCATED`, `TLV_TOO_MANY`
 * @see observed: cameras of several makers
 */
export function decodeListItems(bytes: Uint8Array): TlvItem[] {
  return decodeLooseItems(bytes).filter(({ value }) => value.length > 0)
}

/** Like {@link decodeListItems}, with the empty items, of which a schema knows more. */
export function decodeLooseItems(bytes: Uint8Array): TlvItem[] {
  return join(
    readFragments(bytes),
    (previous, next) => previous.value.length === MAX_FRAGMENT && next.value.length > 0,
  )
}

/**
 * Cuts a list of items at its separators.
 *
 * @param separatorType FF between the records of List-Pairings.
 * @returns One array a record; none is empty, except for a list without any item, which has no record.
 */
export function splitItems(items: readonly TlvItem[], separatorType: number): TlvItem[][] {
  const records: TlvItem[][] = [[]]
  for (const item of items) {
    if (item.type === separatorType && item.value.length === 0) records.push([])
    else records.at(-1)?.push(item)
  }
  return records.filter(record => record.length > 0)
}

/** @throws RangeError unless `type` is a byte. */
export function checkType(type: number): void {
  if (!Number.isInteger(type) || type < 0 || type > 255) throw new RangeError('a type is a byte')
}

function fragmentCount(value: Uint8Array): number {
  // An empty value is present, unlike an absent one: it takes one empty item.
  return Math.max(1, Math.ceil(value.length / MAX_FRAGMENT))
}

function readFragments(bytes: Uint8Array): Fragment[] {
  const fragments: Fragment[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const type = bytes[offset]
    const length = bytes[offset + 1]
    if (type === undefined || length === undefined || offset + 2 + length > bytes.length) {
      throw new TlvError('TLV_TRUNCATED', { offset })
    }
    if (fragments.length === MAX_ITEMS) throw new TlvError('TLV_TOO_MANY', { offset })
    fragments.push({ type, value: bytes.subarray(offset + 2, offset + 2 + length), offset })
    offset += 2 + length
  }
  return fragments
}

/** Joins neighbours of one type where `continues` says so; each value is joined once. */
function join(
  fragments: readonly Fragment[],
  continues: (previous: Fragment, next: Fragment) => boolean,
): TlvItem[] {
  const runs: Fragment[][] = []
  let last: Fragment | undefined
  for (const fragment of fragments) {
    const isNext = last?.type === fragment.type && continues(last, fragment)
    if (isNext) runs.at(-1)?.push(fragment)
    else runs.push([fragment])
    last = fragment
  }
  return runs.map(run => ({ type: run[0]?.type ?? 0, value: concat(run) }))
}

function concat(run: readonly Fragment[]): Uint8Array {
  const [only] = run
  if (only !== undefined && run.length === 1) return only.value
  const joined = new Uint8Array(run.reduce((sum, { value }) => sum + value.length, 0))
  let at = 0
  for (const { value } of run) {
    joined.set(value, at)
    at += value.length
  }
  return joined
}
