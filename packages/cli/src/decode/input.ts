import { readFileSync, statSync } from 'node:fs'
import process from 'node:process'

import { UsageError } from '../failure.ts'

const MAX_INPUT = 256 * 1024 * 1024
const HEX = /^(?:[0-9a-f]{2}[\s:]*)+$/i
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/

/**
 * Finds out what was given: a file, hexadecimal, base64, or standard input with any of these or raw
 * bytes.
 *
 * @throws UsageError
 */
export function readInput(argument: string | undefined): Uint8Array {
  if (argument === undefined || argument === '-') {
    const bytes = readFile(0, 'standard input')
    return parseText(bytes.toString('latin1')) ?? bytes
  }
  if (isFile(argument)) return readFile(argument, argument)
  const bytes = parseText(argument)
  if (bytes === undefined) {
    throw new UsageError(`"${argument}" is no file, no hexadecimal and no base64.`)
  }
  return bytes
}

/** The text of an argument, or what standard input holds. */
export function readText(argument: string | undefined): string {
  return argument === undefined || argument === '-'
    ? readFile(0, 'standard input').toString('utf8').trim()
    : argument
}

function parseText(text: string): Uint8Array | undefined {
  const trimmed = text.trim()
  if (HEX.test(trimmed)) return Buffer.from(trimmed.replaceAll(/[\s:]/g, ''), 'hex')
  if (trimmed !== '' && BASE64.test(trimmed)) return Buffer.from(trimmed, 'base64')
  return undefined
}

/** Whether there is such a file. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

/** Reads a file, or standard input (0). @throws UsageError */
export function readFile(path: string | number, name: string): Buffer {
  try {
    if (typeof path === 'string' && statSync(path).size > MAX_INPUT) {
      throw new UsageError(`${name} is larger than 256 MiB.`)
    }
    if (path === 0 && process.stdin.isTTY) {
      throw new UsageError('Give the bytes as hexadecimal, base64, a file, or on standard input.')
    }
    return readFileSync(path)
  } catch (cause) {
    if (cause instanceof UsageError) throw cause
    throw new UsageError(`${name} cannot be read.`, { cause })
  }
}
