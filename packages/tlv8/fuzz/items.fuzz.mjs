import { decodeItems, decodeListItems, encodeItems, isTlvError, splitItems } from '@hksv/tlv8'

/** Whatever the strict reader takes has one encoding; the lenient one reads at least as much. */
export function fuzz(data) {
  const bytes = new Uint8Array(data)
  const items = tryDecode(decodeItems, bytes)
  const listItems = tryDecode(decodeListItems, bytes)
  if (items === undefined) return
  if (listItems === undefined) throw new Error('read strictly, but not leniently')
  if (!Buffer.from(encodeItems(items)).equals(data)) throw new Error('written differently')
  splitItems(items, 0xff)
}

function tryDecode(decode, bytes) {
  try {
    return decode(bytes)
  } catch (error) {
    if (!isTlvError(error)) throw error
    return undefined
  }
}
