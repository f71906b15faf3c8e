import { type Logger, pino } from 'pino'

import type { Output } from './output.ts'

const WARN = 40
const INFO = 30

/** A pino logger whose lines people read: notes, warnings and, with `--verbose`, everything. */
export function createLog(output: Output): Logger {
  const level = output.options.verbose ? 'debug' : output.options.quiet ? 'warn' : 'info'
  return pino({ level, base: null }, { write: (line: string) => print(output, line) })
}

function print(output: Output, line: string): void {
  const entry: unknown = JSON.parse(line)
  if (typeof entry !== 'object' || entry === null) return
  const { level = INFO, msg = '', err } = entry as { level?: number; msg?: string; err?: unknown }
  if (level >= WARN) output.warn(msg)
  else if (level >= INFO) output.note(msg)
  else output.detail(msg)
  if (err !== undefined) output.detail(stackOf(err))
}

function stackOf(err: unknown): string {
  if (typeof err !== 'object' || err === null || !('stack' in err)) return JSON.stringify(err)
  return String(err.stack)
}
