import { type ChildProcessByStdio, spawn } from 'node:child_process'
import process from 'node:process'
import type { Readable, Writable } from 'node:stream'

/** Why a {@link ChildFilter} ended by itself. */
export interface ChildEnd {
  /** There is no such program. */
  readonly isMissing: boolean
  /** The last line of what it said on standard error; else its exit code, or what killed it. */
  readonly lastError: string
  /** It said that all is well. */
  readonly isWell: boolean
}

/** What a {@link ChildFilter} runs, and who is told. */
export interface ChildFilterOptions {
  /** Name or path. */
  readonly program: string
  readonly args: readonly string[]
  /** Takes what comes out of it. */
  readonly onData: (bytes: Uint8Array) => void
  /** Called once when it ended, unless it was stopped. */
  readonly onEnd: (end: ChildEnd) => void
}

/** A child that does not read has so much waiting at most, in bytes. */
const maxPending = 32 * 1024
/** Of standard error. */
const maxErrorLength = 2048

/** A program that takes or gives bytes. Whoever started it stops it; it ends, too, with this process. */
export class ChildFilter {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #closed: Promise<void>
  #isStopped = false
  #isMissing = false
  #lastError = ''
  readonly #kill = () => void this.#child.kill('SIGKILL')

  constructor({ program, args, onData, onEnd }: ChildFilterOptions) {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
    this.#child = child
    process.once('exit', this.#kill)
    // What was written to a child that is gone is of no interest; its end is told.
    child.stdin.on('error', () => undefined)
    child.stdout.on('data', (bytes: Buffer) => {
      if (!this.#isStopped) onData(bytes)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lastError = (this.#lastError + text).slice(-maxErrorLength)
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      this.#isMissing = error.code === 'ENOENT'
      this.#lastError = error.message
    })
    this.#closed = new Promise(resolve => {
      child.once('close', (code, signal) => {
        process.off('exit', this.#kill)
        resolve()
        const how = signal === null ? `exit code ${code}` : `killed by ${signal}`
        const lastError = this.#lastError.trim().split('\n').at(-1) || how
        const isWell = code === 0
        if (!this.#isStopped) onEnd({ isMissing: this.#isMissing, lastError, isWell })
      })
    })
  }

  /** @returns False, and nothing is written, when the child is too far behind. */
  write(bytes: Uint8Array): boolean {
    const { stdin } = this.#child
    if (stdin.writableLength > maxPending) return false
    // Its end is told when it is gone.
    if (stdin.writable) stdin.write(bytes)
    return true
  }

  /**
   * Nothing more is written; what is still in it comes out, and `onEnd` is called. It has so long for
   * that; after it, it is stopped.
   */
  async finish(graceMs: number): Promise<void> {
    this.#child.stdin.end()
    const timer = setTimeout(this.#kill, graceMs)
    await this.#closed
    clearTimeout(timer)
  }

  /** Ends it at once. Resolves when it is gone; nobody is told of anything any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#child.stdin.destroy()
    this.#kill()
    await this.#closed
  }
}
