import process from 'node:process'

import { type Command, InvalidArgumentError, Option } from 'commander'

import type { ConfigValue, ConfigValues } from './config-file.ts'
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
  const isOff = isSwitch(option) && ['', '0', 'false'].includes(process.env[variable] ?? '1')
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

/** `--storage` and `--only`, where a command looks at what a camera keeps; `storageOf` takes them. */
export function addStorageOptions(command: Command): Command {
  addOption(command, '--storage <dir>', 'where the camera, or each of several, keeps its state')
  return addOption(command, '--only <name>', 'the camera of several, by its name or its folder')
}

/**
 * Fills in what neither flag nor environment gave from a configuration file.
 *
 * @param where - The file, and the camera in it, as a complaint begins.
 * @throws UsageError naming the file and the key.
 */
export function applyConfig(command: Command, values: ConfigValues, where: string): void {
  for (const [key, value] of Object.entries(values)) {
    const option = command.options.find(
      candidate => candidate.attributeName() === key && !NOT_IN_FILE.has(key),
    )
    if (option === undefined) {
      const known = command.options.map(candidate => candidate.attributeName()).sort()
      const list = known.filter(name => !NOT_IN_FILE.has(name)).join(', ')
      throw new UsageError(`${where}: there is no option "${key}"; known are ${list}.`)
    }
    const source = command.getOptionValueSource(key)
    if (source !== undefined && source !== 'default') continue
    try {
      const isFlag = isSwitch(option)
      if (isFlag !== (typeof value === 'boolean')) {
        throw new UsageError(isFlag ? 'it is true or false' : 'it has a value')
      }
      const parsed = isFlag ? value : parsedValue(option, value)
      command.setOptionValueWithSource(key, parsed, 'config')
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new UsageError(`${where}: "${key}" is wrong: ${why}`, { cause })
    }
  }
}

/** `--no-mdns` is one as well: `mdns` is true or false. */
function isSwitch(option: Option): boolean {
  return option.isBoolean() || option.negate
}

/** They say which file, and what of it. */
const NOT_IN_FILE: ReadonlySet<string> = new Set(['config', 'only'])

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
