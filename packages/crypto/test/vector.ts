import { readFileSync } from 'node:fs'
import { type CryptoProvider, portableProvider } from '@hksv/crypto'
import { nodeProvider } from '@hksv/crypto/node'

/** Both backends, for `describe.each`. */
export const backends: readonly CryptoProvider[] = [nodeProvider, portableProvider]

/** A row that says what a backend does with its inputs, or how it refuses them. */
export interface Row {
  readonly name: string
  /** `REFUSED`: the answer is `undefined` or `false`. `OUT_OF_RANGE`: a RangeError is thrown. */
  readonly error?: 'REFUSED' | 'OUT_OF_RANGE'
}

/** The rows of a file under test-vectors/crypto. */
export function rows<More>(file: string): (Row & More)[] {
  const path = new URL(`../../../test-vectors/crypto/${file}.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8')).cases
}

export const isLegal = (row: Row): boolean => row.error === undefined
export const isRefused = (row: Row): boolean => row.error === 'REFUSED'
export const isMisuse = (row: Row): boolean => row.error === 'OUT_OF_RANGE'

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

export function toHex(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

/** The bytes in parts that end at the given places. */
export function cut(bytes: Uint8Array, ...ends: readonly number[]): Uint8Array[] {
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}
