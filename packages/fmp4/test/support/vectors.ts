import { readFileSync } from 'node:fs'

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

/** @returns The code of the error that `run` throws; undefined when it throws none. */
export function codeOf(run: () => unknown): unknown {
  try {
    run()
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}
