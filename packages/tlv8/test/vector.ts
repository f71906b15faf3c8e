import { readFileSync } from 'node:fs'
import {
  bytes,
  float32,
  list,
  nested,
  optional,
  required,
  type TlvCodec,
  type TlvItem,
  type TlvMode,
  type TlvSchema,
  tlvSchema,
  uint8,
  uint16,
  uint32,
  uint64,
  uintMinimal,
  utf8,
} from '@hksv/tlv8'

/** A file under test-vectors/tlv8. */
export interface VectorFile<Row> {
  readonly cases: readonly Row[]
  readonly schemas: Readonly<Record<string, readonly VectorField[]>>
}

export interface ItemsRow {
  readonly name: string
  readonly hex: string
  readonly value?: readonly { readonly type: number; readonly value: string }[]
  readonly canonical?: false
  readonly error?: string
  readonly offset?: number
}

export interface MessageRow {
  readonly name: string
  readonly schema: string
  readonly reader: TlvMode
  readonly hex: string
  readonly value?: VectorMessage
  readonly canonical?: false
  readonly error?: string
  readonly field?: string
}

/** A typed message as the vectors write it: bytes in hex, uint64 as decimal text. */
interface VectorMessage {
  readonly [name: string]: VectorValue
}
type VectorValue = number | string | VectorMessage | readonly VectorValue[]

interface VectorField {
  readonly name: string
  readonly kind: 'required' | 'optional' | 'list'
  readonly type: number
  readonly codec: VectorCodec
}

type VectorCodec =
  | keyof typeof integers
  | { readonly bytes: Parameters<typeof bytes>[0] }
  | { readonly utf8: Parameters<typeof utf8>[0] }
  | { readonly nested: string }

type Message = Record<string, unknown>

const integers = { uint8, uint16, uint32, uintMinimal, float32 }
const uint64Text = mapped(uint64, BigInt, String)
const kinds = { required, optional, list }

export function vectors<Row>(file: string): VectorFile<Row> {
  const path = new URL(`../../../test-vectors/tlv8/${file}.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** The schema of this name, made of the table in the file. It reads and writes vector values. */
export function schemaOf(file: VectorFile<unknown>, name: string): TlvSchema<Message> {
  const rows = file.schemas[name]
  if (rows === undefined) throw new Error(`no schema ${name}`)
  const fields = rows.map(({ name, kind, type, codec }) => [
    name,
    kinds[kind](type, codecOf(file, codec)),
  ])
  // Which properties there are, only the file knows.
  return tlvSchema<Message>(Object.fromEntries(fields))
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

export function toHex(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')
}

/** Items as the vectors write them. */
export function itemsToHex(items: readonly TlvItem[]): { type: number; value: string }[] {
  return items.map(({ type, value }) => ({ type, value: toHex(value) }))
}

export function itemsFromHex(items: ItemsRow['value'] = []): TlvItem[] {
  return items.map(({ type, value }) => ({ type, value: fromHex(value) }))
}

function codecOf(file: VectorFile<unknown>, codec: VectorCodec | 'uint64'): TlvCodec<unknown> {
  if (codec === 'uint64') return erased(uint64Text)
  if (typeof codec === 'string') return erased(integers[codec])
  if ('nested' in codec) return erased(nested(schemaOf(file, codec.nested)))
  if ('utf8' in codec) return erased(utf8(codec.utf8))
  return erased(mapped(bytes(codec.bytes), fromHex, toHex))
}

/** A codec of `T` that shows its values as text. */
function mapped<T>(
  codec: TlvCodec<T>,
  fromText: (text: string) => T,
  toText: (value: T) => string,
): TlvCodec<string> {
  return {
    ...codec,
    encode: text => codec.encode(fromText(text)),
    decode: (value, mode) => toText(codec.decode(value, mode)),
  }
}

/** The vectors say which values go where; a wrong one fails in the codec. */
function erased<T>(codec: TlvCodec<T>): TlvCodec<unknown> {
  return codec as TlvCodec<unknown>
}
