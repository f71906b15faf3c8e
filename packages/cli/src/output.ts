import process from 'node:process'

/** How much a command says, and to whom. */
export interface OutputOptions {
  /** One JSON object a line on standard output, and nothing else there. */
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

/**
 * What a command writes: results to standard output, notes for people to standard error.
 *
 * Colours are used on a terminal only, and never with `NO_COLOR`.
 */
export class Output {
  readonly options: OutputOptions
  readonly #hasColor: boolean

  constructor(options: OutputOptions) {
    this.options = options
    const { NO_COLOR, TERM } = process.env
    const isWanted = NO_COLOR === undefined || NO_COLOR === ''
    this.#hasColor = isWanted && TERM !== 'dumb' && process.stderr.isTTY === true
  }

  /** The result of a command as people read it; nothing with `--json`. */
  result(text: string): void {
    if (!this.options.json) process.stdout.write(`${text}\n`)
  }

  /** One JSON object; only with `--json`. */
  record(value: object): void {
    if (this.options.json) process.stdout.write(`${JSON.stringify(value, replaceBytes)}\n`)
  }

  /** Something that a person wants to know; nothing with `--quiet`. */
  note(text: string): void {
    if (!this.options.quiet) process.stderr.write(`${text}\n`)
  }

  /** Something that went wrong; always. */
  error(text: string): void {
    process.stderr.write(`${this.style('red', 'error:')} ${text}\n`)
  }

  /** Something to look at, although the command goes on. */
  warn(text: string): void {
    process.stderr.write(`${this.style('yellow', 'warning:')} ${text}\n`)
  }

  /** Something for finding faults; only with `--verbose`. */
  detail(text: string): void {
    if (this.options.verbose) process.stderr.write(`${this.style('dim', text)}\n`)
  }

  style(style: keyof typeof STYLES, text: string): string {
    return this.#hasColor ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text
  }
}

/** Bytes as hex, and big numbers as text, in the JSON of every command. */
function replaceBytes(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'bigint' ? value.toString() : value
}
