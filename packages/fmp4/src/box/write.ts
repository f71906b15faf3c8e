import { ascii, viewOf } from '../bytes.ts'
import { Fmp4Error } from '../errors.ts'
import { type Field, type FieldValues, fieldLength, type Layout, presentFields } from './layout.ts'

/** What follows the fields of a box that is no list of boxes. */
export interface Tail {
  readonly byteLength: number
  /** Writes exactly `byteLength` bytes at `offset`. */
  write(view: DataView, offset: number): void
}

/** A box that is ready to be written: its size is known. */
export interface BoxNode {
  readonly layout: Layout
  readonly values: FieldValues
  readonly version: number
  readonly flags: number
  readonly children: readonly BoxNode[]
  readonly tail: Tail | undefined
  /** Bytes with header. */
  readonly size: number
}

/** What a box is made of, apart from its layout. */
export interface BoxContent {
  values?: FieldValues
  version?: number
  flags?: number
  children?: readonly BoxNode[]
  tail?: Tail
}

/** The largest box we write: offsets inside fragments are signed 32-bit numbers. */
const maxBoxSize = 2 ** 31 - 1

/**
 * Puts a box together and sums its size.
 * @throws Fmp4Error FMP4_TOO_LARGE above 2^31 - 1 bytes.
 */
export function box(layout: Layout, content: BoxContent = {}): BoxNode {
  const { values = {}, children = [], tail } = content
  const version = content.version ?? layout.full?.version ?? 0
  const flags = content.flags ?? layout.full?.flags ?? 0
  let size = layout.full === undefined ? 8 : 12
  for (const field of presentFields(layout, flags)) size += fieldLength(field, version)
  for (const child of children) size += child.size
  size += tail?.byteLength ?? 0
  if (size > maxBoxSize) throw new Fmp4Error('FMP4_TOO_LARGE', { box: layout.type })
  return { layout, values, version, flags, children, tail, size }
}

/** @returns A tail of these bytes. */
export function bytesTail(bytes: Uint8Array): Tail {
  return {
    byteLength: bytes.length,
    write: (view, offset) =>
      new Uint8Array(view.buffer, view.byteOffset + offset, bytes.length).set(bytes),
  }
}

/** Writes boxes one behind the other into one new buffer. */
export function encodeBoxes(nodes: readonly BoxNode[]): Uint8Array {
  const bytes = new Uint8Array(nodes.reduce((sum, node) => sum + node.size, 0))
  let offset = 0
  for (const node of nodes) offset = writeBox(node, viewOf(bytes), offset)
  return bytes
}

/**
 * Writes a box at `offset`.
 * @returns The offset behind it.
 */
export function writeBox(node: BoxNode, view: DataView, start: number): number {
  writeBoxHeader(view, start, node.layout.type, node.size)
  let offset = start + 8
  if (node.layout.full !== undefined) {
    view.setUint32(offset, node.version * 2 ** 24 + node.flags)
    offset += 4
  }
  for (const field of presentFields(node.layout, node.flags)) {
    writeField(view, offset, field, node)
    offset += fieldLength(field, node.version)
  }
  for (const child of node.children) offset = writeBox(child, view, offset)
  node.tail?.write(view, offset)
  return start + node.size
}

/** Writes the 8 bytes that open every box. */
export function writeBoxHeader(view: DataView, offset: number, type: string, size: number): void {
  view.setUint32(offset, size)
  for (let i = 0; i < 4; i++) view.setUint8(offset + 4 + i, type.charCodeAt(i))
}

function writeField(view: DataView, offset: number, field: Field, node: BoxNode): void {
  const value = node.values[field.name] ?? field.value
  if (field.type === 'bytes' || field.type === 'fourcc') {
    const bytes = value instanceof Uint8Array ? value : ascii(String(value))
    new Uint8Array(view.buffer, view.byteOffset + offset, bytes.length).set(bytes)
    return
  }
  const bits = fieldLength(field, node.version) * 8
  const isSigned = field.type === 'i16' || field.type === 'i32'
  const limit = isSigned ? 2 ** (bits - 1) : Math.min(2 ** bits, 2 ** 53)
  const number = Number(value)
  if (!Number.isInteger(number) || number >= limit || number < (isSigned ? -limit : 0))
    throw new RangeError(`${node.layout.type}.${field.name} cannot be ${value}`)
  if (bits === 64) {
    view.setUint32(offset, Math.floor(number / 2 ** 32))
    view.setUint32(offset + 4, number % 2 ** 32)
  } else if (bits === 32) view.setInt32(offset, number | 0)
  else if (bits === 16) view.setInt16(offset, number)
  else view.setInt8(offset, number)
}
