import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
if (!existsSync(bin))
  throw new Error(`${bin} is missing: run the tests with npm test, which builds.`)

/** What a command that ended left behind. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The lines of `--json`. */
  readonly records: readonly Record<string, unknown>[]
}

/** Runs `hksv` as a user does, to its end. */
export function hksv(
  args: readonly string[],
  options: {
    env?: Record<string, string>
    input?: string
    /** Told of each line of `--json` as it comes. */
    onRecord?: (record: Record<string, unknown>, child: ChildProcess) => void
  } = {},
): Promise<Ended> {
  const child = start(args, options.env)
  const records: Record<string, unknown>[] = []
  let stdout = ''
  let stderr = ''
  const lines = createInterface({ input: child.stdout })
  lines.on('line', line => {
    stdout += `${line}\n`
    if (!line.startsWith('{')) return
    const record: Record<string, unknown> = JSON.parse(line)
    records.push(record)
    options.onRecord?.(record, child)
  })
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString()
  })
  child.stdin.end(options.input ?? '')
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr, records }))
  })
}

/** A running `hksv camera --json`, whose events can be waited for. */
export class CameraProcess {
  readonly child: ChildProcessWithoutNullStreams
  readonly events: Record<string, unknown>[] = []
  readonly #waiting: (() => void)[] = []
  #stderr = ''

  constructor(args: readonly string[], env?: Record<string, string>) {
    const loopback = ['--no-mdns', '--bind', '127.0.0.1', '--json', '--control', '127.0.0.1:0']
    this.child = start(['camera', ...loopback, ...args], env)
    this.child.stdin.end()
    this.child.stderr.on('data', (text: Buffer) => {
      this.#stderr += text.toString()
      this.#wake()
    })
    createInterface({ input: this.child.stdout }).on('line', line => {
      this.events.push(JSON.parse(line))
      this.#wake()
    })
    this.child.on('close', () => this.#wake())
  }

  get stderr(): string {
    return this.#stderr
  }

  /** The first event of this name, past or future. */
  async event(name: string, from = 0): Promise<Record<string, unknown>> {
    return await this.#event(name, ({ event }) => event === name, from)
  }

  /** The first event of this name of one of several cameras, past or future. */
  async eventOf(id: string, name: string): Promise<Record<string, unknown>> {
    return await this.#event(name, ({ event, camera }) => event === name && camera === id)
  }

  async #event(
    name: string,
    isIt: (event: Record<string, unknown>) => boolean,
    from = 0,
  ): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.events.slice(from).find(isIt)
      if (found !== undefined) return found
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`the camera ended without ${name}: ${this.#stderr}`)
      }
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  /** Resolves when it has said this to people. */
  async said(text: string): Promise<void> {
    while (!this.#stderr.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`the camera ended: ${this.#stderr}`)
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  /** @returns The exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    const closed = new Promise<number | null>(resolve => this.child.on('close', resolve))
    this.child.kill(signal)
    return closed
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

function start(args: readonly string[], env: Record<string, string> = {}) {
  return spawn(process.execPath, [bin, ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
}
