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
  readonly #camera: string | undefined

  /** @param camera - Which of several speaks. */
  constructor(options: OutputOptions, camera?: string) {
    this.options = options
    this.#camera = camera
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
    if (!this.options.json) return
    const told = this.#camera === undefined ? value : { ...value, camera: this.#camera }
    process.stdout.write(`${JSON.stringify(told, replaceBytes)}\n`)
  }

  /** Something that a person wants to know; nothing with `--quiet`. */
  note(text: string): void {
    if (!this.options.quiet) this.#say(text)
  }

  /** Something that went wrong; always. */
  error(text: string): void {
    this.#say(`${this.style('red', 'error:')} ${text}`)
  }

  /** Something to look at, although the command goes on. */
  warn(text: string): void {
    this.#say(`${this.style('yellow', 'warning:')} ${text}`)
  }

  /** Something for finding faults; only with `--verbose`. */
  detail(text: string): void {
    if (this.options.verbose) this.#say(this.style('dim', text))
  }

  #say(text: string): void {
    const lines = this.#camera === undefined ? text : text.replace(/^/gm, `${this.#camera}: `)
    process.stderr.write(`${lines}\n`)
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
