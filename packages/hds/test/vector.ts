import { readFileSync } from 'node:fs'
import { date, float32, float64, type OpackValue, uuid } from '@hksv/hds/opack'

/** A value as the vectors write it. */
export type VectorValue =
  | { readonly bool: boolean }
  | { readonly null: true }
  | { readonly int: string }
  | { readonly float32: number | string }
  | { readonly float64: number | string }
  | { readonly date: number }
  | { readonly uuid: string }
  | { readonly str: string | Repeated }
  | { readonly data: string | Repeated }
  | { readonly array: readonly VectorValue[] }
  | { readonly dict: readonly (readonly [VectorValue, VectorValue])[] }

interface Repeated {
  readonly fill: string
  readonly length: number
}

/** Hexadecimal text, or the ends of a text that would be too long. */
export type VectorHex = string | { prefix: string; length: number; tail: string }

export interface VectorFile<Case> {
  readonly format: 1
  readonly source: string
  readonly licence: string
  readonly note: string
  readonly cases: readonly (Case & { readonly name: string })[]
}

export function vectors<Case, More = unknown>(name: string): VectorFile<Case> & More {
  const path = new URL(`../../../test-vectors/hds/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8'))
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** `bytes` as the vector writes them, for a comparison. */
export function asVectorHex(bytes: Uint8Array, like: VectorHex): VectorHex {
  const hex = toHex(bytes)
  if (typeof like === 'string') return hex
  return {
    prefix: hex.slice(0, like.prefix.length),
    length: bytes.length,
    tail: hex.slice(-like.tail.length),
  }
}

export function fromVector(vector: VectorValue): OpackValue {
  if ('bool' in vector) return vector.bool
  if ('null' in vector) return null
  if ('int' in vector) {
    const value = BigInt(vector.int)
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  }
  if ('float32' in vector) return float32(Number(vector.float32))
  if ('float64' in vector) return float64(Number(vector.float64))
  if ('date' in vector) return date(vector.date)
  if ('uuid' in vector) return uuid(vector.uuid)
  if ('str' in vector) {
    return typeof vector.str === 'string' ? vector.str : repeated(vector.str).toString('utf8')
  }
  if ('data' in vector) {
    return typeof vector.data === 'string'
      ? fromHex(vector.data)
      : new Uint8Array(repeated(vector.data))
  }
  if ('array' in vector) return vector.array.map(fromVector)
  return new Map(vector.dict.map(([key, value]) => [String(fromVector(key)), fromVector(value)]))
}

function repeated({ fill, length }: Repeated): Buffer {
  return Buffer.alloc(length, fill, 'hex')
}
