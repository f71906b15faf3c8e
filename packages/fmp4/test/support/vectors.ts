import { readFileSync } from 'node:fs'

import { isFmp4Error } from '@hksv/fmp4'

/** A row of a vector file: bytes with their value, or bytes that are refused. */
interface Vector<Value> {
  readonly name: string
  readonly hex?: string
  readonly value?: Value
  /** False when our writer writes this value in other bytes. */
  readonly canonical?: boolean
  /** Code of the error that refuses it. */
  readonly error?: string
}

export interface VectorFile<Value> {
  readonly format: 1
  readonly source: string
  readonly licence: string
  readonly note: string
  readonly cases: readonly Vector<Value>[]
}

export function vectorFile<Value>(name: string): VectorFile<Value> {
  const url = new URL(`../../../../test-vectors/fmp4/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as VectorFile<Value>
}

/** @returns The rows with bytes that have a value. */
export function accepted<Value>(
  name: string,
): { name: string; bytes: Uint8Array; value: Value; canonical: boolean }[] {
  return vectorFile<Value>(name).cases.flatMap(({ name, hex, value, canonical = true, error }) =>
    hex !== undefined && value !== undefined && error === undefined
      ? [{ name, bytes: fromHex(hex), value, canonical }]
      : [],
  )
}

/** @returns The rows with bytes that are refused. */
export function refused(name: string): { name: string; bytes: Uint8Array; error: string }[] {
  return vectorFile(name).cases.flatMap(({ name, hex, error }) =>
    hex !== undefined && error !== undefined ? [{ name, bytes: fromHex(hex), error }] : [],
  )
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** @returns The value as JSON has it, bytes as hex. */
export function hexed(value: object): unknown {
  const text = JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? toHex(one) : one))
  return JSON.parse(text)
}

/** Bytes of every length below the whole either are refused by our error or read. */
export function cutAnywhere(bytes: Uint8Array, read: (bytes: Uint8Array) => unknown): void {
  for (let length = 0; length < bytes.length; length++) {
    try {
      read(bytes.subarray(0, length))
    } catch (error) {
      if (!isFmp4Error(error)) throw error
    }
  }
}

/** @returns The code of the error that `run` throws; undefined when it throws none. */
export function codeOf(run: () => unknown): unknown {
  try {
    run()
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}
