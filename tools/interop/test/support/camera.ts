import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { Lines, type Namespace } from './namespace.ts'

const bin = fileURLToPath(new URL('../../../../packages/cli/dist/bin.js', import.meta.url))
const witness = fileURLToPath(new URL('../../peers/mdns-witness.mjs', import.meta.url))

type Json = Readonly<Record<string, unknown>>

const parse = (line: string): Json => (line.startsWith('{') ? JSON.parse(line) : {})

/** `hksv camera` on a machine. */
export class CameraOn {
  readonly events: Lines<Json>
  readonly errors: Lines<string>
  readonly #child: ChildProcessWithoutNullStreams

  constructor(machine: Namespace, storage: string, args: readonly string[]) {
    const all = [bin, 'camera', '--json', '--storage', storage, ...args]
    this.#child = machine.start(process.execPath, all, { NO_COLOR: '1' })
    this.events = new Lines(this.#child.stdout, parse)
    this.errors = new Lines(this.#child.stderr, String)
  }

  event(name: string): Promise<Json> {
    return this.events.find(({ event }) => event === name)
  }

  /** @returns The exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    const [code] = await closed
    return code
  }
}

/** Runs `hksv hub …` to its end. @returns Its lines of `--json`. */
export async function hub(
  machine: Namespace,
  ...args: readonly string[]
): Promise<readonly Json[]> {
  const child = machine.start(process.execPath, [bin, 'hub', ...args, '--json'])
  const lines = new Lines(child.stdout, parse)
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(`hksv hub ${args[0]}: ${JSON.stringify(lines.all)}`)
  return lines.all
}

/** `hksv hub discover` until it is stopped. */
export class Search {
  readonly changes: Lines<Json>
  readonly #child: ChildProcessWithoutNullStreams

  constructor(machine: Namespace) {
    const args = [bin, 'hub', 'discover', '--json', '--timeout', '600']
    this.#child = machine.start(process.execPath, args)
    this.changes = new Lines(this.#child.stdout, parse)
  }

  /** @returns The exit code. */
  async stop(): Promise<number | null> {
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    const [code] = await closed
    return code
  }
}

/** A record on the wire. */
export interface WireRecord {
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly flush: boolean
  readonly data: unknown
}

/** A message on the wire. */
export interface WireMessage {
  readonly from: string
  readonly fromPort: number
  /** It came to a socket that is not on port 5353. */
  readonly isLegacy: boolean
  readonly id: number
  readonly type: string
  readonly questions: readonly { readonly name: string; readonly type: string }[]
  readonly answers: readonly WireRecord[]
  readonly additionals: readonly WireRecord[]
}

/** What is to be asked. */
export interface Question {
  /** An address of IPv4 of this machine, or an interface for IPv6. */
  readonly via: string
  readonly name: string
  readonly type: string
  readonly unicast?: boolean
  readonly legacy?: boolean
  readonly known?: readonly object[]
}

/** Hears and asks on a machine's interfaces. */
export class Witness {
  readonly messages: Lines<WireMessage>
  readonly #child: ChildProcessWithoutNullStreams

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    this.messages = new Lines(child.stdout, line => JSON.parse(line))
  }

  static async start(machine: Namespace, ...interfaces: readonly string[]): Promise<Witness> {
    const started = new Witness(machine.start(process.execPath, [witness, ...interfaces]))
    await started.messages.find(line => 'isReady' in line)
    return started
  }

  ask(question: Question): void {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`)
  }

  /** The first response with such a record, of those after the first `after` messages. */
  async record(
    isWanted: (record: WireRecord, message: WireMessage) => boolean,
    after = 0,
  ): Promise<WireMessage> {
    return this.messages.find(
      message =>
        message.type === 'response' &&
        [...message.answers, ...message.additionals].some(record => isWanted(record, message)),
      after,
    )
  }

  /** How many messages were heard so far. */
  get count(): number {
    return this.messages.all.length
  }
}
