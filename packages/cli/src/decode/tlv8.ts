import { decodeListItems, isTlvError, type TlvItem } from '@hksv/tlv8'

const MAX_DEPTH = 8

/** An item, and what it holds if that reads as TLV8 again. */
export interface TlvNode {
  readonly type: number
  readonly length: number
  readonly value: Uint8Array
  readonly items?: readonly TlvNode[]
}

/** Reads items leniently, and guesses which values are messages again. */
export function decodeTlv8(bytes: Uint8Array, depth = 0): TlvNode[] {
  return decodeListItems(bytes).map(({ type, value }: TlvItem) => {
    const items = depth < MAX_DEPTH ? guessNested(value, depth) : undefined
    const node = { type, length: value.length, value }
    return items === undefined ? node : { ...node, items }
  })
}

/** One line an item: type, length, value. */
export function printTlv8(nodes: readonly TlvNode[], indent = ''): string[] {
  return nodes.flatMap(({ type, length, value, items }) => {
    const head = `${indent}${type.toString(16).padStart(2, '0')}  ${length} bytes`
    if (items !== undefined) return [head, ...printTlv8(items, `${indent}    `)]
    return [`${head}  ${Buffer.from(value).toString('hex')}${interpret(value)}`]
  })
}

/** A value is taken for a message when it reads as one whose types are as small as they really are. */
function guessNested(value: Uint8Array, depth: number): TlvNode[] | undefined {
  if (value.length < 3) return undefined
  try {
    const nodes = decodeTlv8(value, depth + 1)
    const isPlausible = nodes.length > 0 && nodes.every(({ type }) => type >= 1 && type <= 0x14)
    return isPlausible ? nodes : undefined
  } catch (error) {
    if (isTlvError(error)) return undefined
    throw error
  }
}

function interpret(value: Uint8Array): string {
  if ([1, 2, 4, 8].includes(value.length)) {
    return `  = ${value.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)}`
  }
  const text = Buffer.from(value).toString('latin1')
  return value.length > 2 && /^[\x20-\x7e]+$/.test(text) ? `  "${text}"` : ''
}
