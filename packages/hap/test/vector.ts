import { readFileSync } from 'node:fs'
import { type CryptoProvider, portableProvider } from '@hksv/crypto'
import { nodeProvider } from '@hksv/crypto/node'
import { isHapError } from '@hksv/hap'

export interface VectorFile<Case> {
  readonly format: 1
  readonly source: string
  readonly licence: string
  readonly note: string
  readonly cases: readonly (Case & { readonly name: string })[]
}

export const files = [
  'http',
  'http-requests',
  'pair-setup',
  'pair-verify',
  'pairings',
  'recording-configuration',
  'records',
  'setup',
  'srp',
  'stream-session',
] as const

export function vectors<Case, More = unknown>(
  name: (typeof files)[number],
): VectorFile<Case> & More {
  const path = new URL(`../../../test-vectors/hap/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** Both backends: every vector goes through each. */
export const providers: readonly CryptoProvider[] = [nodeProvider, portableProvider]

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** The code that `run` throws as an error of this package; anything else goes on. */
export function errorOf(run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    if (!isHapError(error)) throw error
    return error.code
  }
  return undefined
}

/** A copy of `bytes` with some bits of one byte flipped. */
export function flip(bytes: Uint8Array, at: number, mask = 0x01): Uint8Array {
  const flipped = bytes.slice()
  flipped[at] = (flipped[at] ?? 0) ^ mask
  return flipped
}
