import { readFileSync } from 'node:fs'
import process from 'node:process'

import { type Command, InvalidArgumentError, Option } from 'commander'
import * as v from 'valibot'

import { UsageError } from './failure.ts'

/** Adds a flag with its environment variable: `--setup-code` is `HKSV_SETUP_CODE`. */
export function addOption(
  command: Command,
  flags: string,
  description: string,
  settings: {
    parse?: (text: string) => unknown
    standard?: unknown
    /** What the help calls the standard. */
    shown?: string
    choices?: string[]
  } = {},
): Command {
  const option = new Option(flags, description)
  const variable = `HKSV_${option.name().toUpperCase().replaceAll('-', '_')}`
  // For commander a switch is on when its variable is there, whatever it says.
  const isOff = option.isBoolean() && ['', '0', 'false'].includes(process.env[variable] ?? '1')
  if (!isOff) option.env(variable)
  if (settings.parse !== undefined) option.argParser(settings.parse)
  if (settings.choices !== undefined) option.choices(settings.choices)
  if (settings.standard !== undefined) option.default(settings.standard, settings.shown)
  return command.addOption(option)
}

/** `--json`, `--quiet` and `--verbose`, which every command has. */
export function addCommonOptions(command: Command): Command {
  addOption(command, '--json', 'print one JSON object a line on standard output')
  addOption(command, '--quiet', 'say nothing but results and errors')
  addOption(command, '--verbose', 'say more, for finding faults')
  return command
}

/**
 * Fills in what neither flag nor environment gave from the configuration file: a JSON object whose
 * keys are the flags in camel case.
 *
 * @throws UsageError naming the file and the key.
 */
export function applyConfigFile(command: Command, path: string): void {
  const values = readConfigFile(path)
  for (const [key, value] of Object.entries(values)) {
    const option = command.options.find(
      candidate => candidate.attributeName() === key && key !== 'config',
    )
    if (option === undefined) {
      const known = command.options.map(candidate => candidate.attributeName()).sort()
      throw new UsageError(`${path}: there is no option "${key}"; known are ${known.join(', ')}.`)
    }
    const source = command.getOptionValueSource(key)
    if (source !== undefined && source !== 'default') continue
    try {
      const isFlag = option.isBoolean()
      if (isFlag !== (typeof value === 'boolean')) {
        throw new UsageError(isFlag ? 'it is true or false' : 'it has a value')
      }
      const parsed = isFlag ? value : parsedValue(option, value)
      command.setOptionValueWithSource(key, parsed, 'config')
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new UsageError(`${path}: "${key}" is wrong: ${why}`, { cause })
    }
  }
}

/** @throws UsageError for a list where there is one value. */
function parsedValue(option: Option, value: ConfigValue): unknown {
  const values = Array.isArray(value) ? value : [value]
  if (Array.isArray(value) && !Array.isArray(option.defaultValue))
    throw new UsageError('it has one value')
  let parsed: unknown = value
  for (const one of values) parsed = option.parseArg?.(String(one), undefined as never) ?? one
  return parsed
}

/** A port: 0 to 65535. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is no port.')
  return port
}

/** `ADDR:PORT`, `[ADDR]:PORT`, or a port on the loopback. */
export function parseAddress(text: string): { host: string; port: number } {
  const [, host = '127.0.0.1', port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? []
  if (port === '') throw new InvalidArgumentError('It is no address like 127.0.0.1:8580.')
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: parsePort(port) }
}

/** A number of seconds above 0, with decimals. */
export function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!Number.isFinite(seconds) || seconds <= 0 || seconds > 86_400) {
    throw new InvalidArgumentError('It is no number of seconds above 0.')
  }
  return seconds
}

const configFile = v.record(
  v.string(),
  v.union([v.string(), v.number(), v.boolean(), v.pipe(v.array(v.string()), v.minLength(1))]),
)
type ConfigValue = v.InferOutput<typeof configFile>[string]

function readConfigFile(path: string): v.InferOutput<typeof configFile> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`The configuration file ${path} cannot be read.`, { cause })
  }
  try {
    return v.parse(configFile, JSON.parse(text))
  } catch (cause) {
    throw new UsageError(
      `The configuration file ${path} is not a JSON object of texts, lists of texts, numbers and true or false.`,
      { cause },
    )
  }
}
