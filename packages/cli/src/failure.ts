import process from 'node:process'

import { CommanderError } from 'commander'

import type { Output } from './output.ts'

/** Exit codes: 0 done, 1 it failed, 2 wrong usage. */
export const exitCode = { done: 0, failed: 1, usage: 2 } as const

/** A value on the command line, in the environment or in the configuration file is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command did something, but not all that it was asked for. */
export class IncompleteError extends Error {
  override readonly name = 'IncompleteError'
}

const USAGE_CODES: ReadonlySet<string> = new Set([
  'SETUP_CODE_FORMAT',
  'SETUP_CODE_FORBIDDEN',
  'SETUP_URI',
  'OPTION_INVALID',
])

/**
 * Reports an error in one sentence, and with `--verbose` where it came from.
 *
 * @returns The exit code.
 */
export function reportFailure(error: unknown, output: Output): number {
  if (error instanceof CommanderError) {
    // commander has printed its message, or the help that was asked for.
    return error.exitCode === 0 ? exitCode.done : exitCode.usage
  }
  const message = error instanceof Error ? error.message : String(error)
  output.error(sentence(message))
  const code = codeOf(error)
  output.record({ event: 'error', code, message: sentence(message) })
  if (error instanceof Error && error.stack !== undefined) output.detail(error.stack)
  const isUsage = error instanceof UsageError || (code !== undefined && USAGE_CODES.has(code))
  return isUsage ? exitCode.usage : exitCode.failed
}

/** Ends the process as the last resort when something that ended does not. */
export function exitAfter(milliseconds: number): void {
  setTimeout(() => process.exit(), milliseconds).unref()
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}

/** Begins with a capital and ends with a full stop, whoever wrote it. */
function sentence(text: string): string {
  const capital = `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return /[.!?]$/.test(capital) ? capital : `${capital}.`
}
