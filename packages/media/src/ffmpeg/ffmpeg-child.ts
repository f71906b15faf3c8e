import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import { Readable } from 'node:stream'

import { MediaError } from '../errors.ts'
import type { ChildExit } from './explain-failure.ts'
import { type PipeOutput, PipeReader } from './pipe-reader.ts'

/** Of what it says, the last counts. */
const MAX_STDERR = 16 * 1024
/** After this it is not asked any more. */
const KILL_MS = 2000

/** How ffmpeg is run. */
export interface ChildOptions {
  /** Name or path of ffmpeg. */
  readonly program: string
  readonly args: readonly string[]
  /** What its input is called, without user and password. */
  readonly name: string
  /** What it reads from its standard input; nothing unless given. */
  readonly stdin?: string
  /** How many pipes it writes to, from 1: `pipe:1`, `pipe:3`, `pipe:4`. One unless given. */
  readonly pipes?: number
  /** Ends it. */
  readonly signal: AbortSignal
}

/**
 * One run of ffmpeg. Whoever starts it calls `stop` in the end, which resolves when the process is
 * gone. It is asked to end (SIGTERM, so that it says goodbye to a camera), and killed when it has not
 * after two seconds; at once when our own process ends.
 */
export class FfmpegChild {
  readonly #child: ChildProcess
  readonly #outputs: readonly Readable[]
  readonly #signal: AbortSignal
  readonly #name: string
  readonly #ended: Promise<ChildExit>
  #stderr = ''
  #killer: NodeJS.Timeout | undefined
  readonly #stopNow = () => this.#ask()
  readonly #killNow = () => void this.#child.kill('SIGKILL')

  /** Starts it. That there is no such program is told by `ended`. */
  constructor({ program, args, name, stdin, pipes = 1, signal }: ChildOptions) {
    this.#name = name
    this.#signal = signal
    const further = Array.from({ length: pipes - 1 }, () => 'pipe' as const)
    const child = spawn(program, args, {
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...further],
      windowsHide: true,
    })
    this.#child = child
    const outputs = child.stdio.filter((_, fd) => fd === 1 || fd >= 3)
    this.#outputs = outputs.filter(pipe => pipe instanceof Readable)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR)
    })
    // It may end before it has read it.
    child.stdin?.on('error', () => undefined).end(stdin)
    this.#ended = new Promise((resolve, reject) => {
      child.once('error', cause => reject(missing(program, cause)))
      child.once('close', (code, killedBy) =>
        resolve({ code, signal: killedBy, stderr: this.#stderr }),
      )
    })
    this.#ended.catch(() => undefined)
    process.once('exit', this.#killNow)
    signal.addEventListener('abort', this.#stopNow, { once: true })
    if (signal.aborted) this.#ask()
  }

  /**
   * How it ended, by itself or not.
   * @throws MediaError MEDIA_FFMPEG_MISSING
   */
  get ended(): Promise<ChildExit> {
    return this.#ended
  }

  /**
   * What it writes, as fast as it is taken: it waits for whoever reads. Ends with its output, or when it
   * is stopped.
   * @param deadlines - Milliseconds for the first output, and for each further one.
   * @throws MediaError MEDIA_FFMPEG_TIMEOUT
   */
  async *output(deadlines: {
    readonly firstMs: number
    readonly nextMs: number
  }): AsyncGenerator<PipeOutput, void> {
    let isLate = false
    const giveUp = () => {
      isLate = true
      this.#ask()
    }
    let timer = setTimeout(giveUp, deadlines.firstMs)
    try {
      for await (const output of new PipeReader(this.#outputs)) {
        clearTimeout(timer)
        yield output
        timer = setTimeout(giveUp, deadlines.nextMs)
      }
    } finally {
      clearTimeout(timer)
    }
    if (isLate) throw new MediaError('MEDIA_FFMPEG_TIMEOUT', { source: this.#name })
    // Whoever says nothing more has no reason to stay.
    this.#killer ??= setTimeout(this.#killNow, KILL_MS)
  }

  /** Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#ask()
    await this.#ended.catch(() => undefined)
    clearTimeout(this.#killer)
    this.#signal.removeEventListener('abort', this.#stopNow)
    process.off('exit', this.#killNow)
  }

  #ask(): void {
    const { exitCode, signalCode } = this.#child
    // It may be waiting for somebody to read.
    for (const output of this.#outputs) output.destroy()
    if (exitCode !== null || signalCode !== null || this.#killer !== undefined) return
    this.#child.kill('SIGTERM')
    this.#killer = setTimeout(this.#killNow, KILL_MS)
  }
}

function missing(program: string, cause: Error): MediaError {
  const detail = 'code' in cause ? String(cause.code) : cause.message
  return new MediaError('MEDIA_FFMPEG_MISSING', { source: program, detail, cause })
}
