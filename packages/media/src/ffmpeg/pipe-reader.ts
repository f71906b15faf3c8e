import type { Readable } from 'node:stream'

/** What came out of one of several pipes. */
export interface PipeOutput {
  /** Which one: an index. */
  readonly pipe: number
  readonly bytes: Uint8Array
}

/** So much waits here at most, besides what the pipes hold: then whoever writes has to wait. */
const MAX_BYTES = 2 ** 20

/**
 * Reads several pipes as one, in the order in which something comes. Whoever writes waits for whoever
 * reads: a full queue stops all pipes.
 */
export class PipeReader implements AsyncIterable<PipeOutput> {
  readonly #pipes: readonly Readable[]
  readonly #queue: PipeOutput[] = []
  #byteLength = 0
  #open: number
  #wake: (() => void) | undefined

  /** Begins to read. */
  constructor(pipes: readonly Readable[]) {
    this.#pipes = pipes
    this.#open = pipes.length
    for (const [pipe, stream] of pipes.entries()) {
      stream.on('data', (bytes: Buffer) => this.#push({ pipe, bytes }))
      // A pipe that breaks ends; why is told by whoever wrote to it.
      stream.on('error', () => undefined)
      stream.once('close', () => {
        this.#open--
        this.#wake?.()
      })
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PipeOutput, void> {
    for (;;) {
      const next = this.#queue.shift()
      if (next !== undefined) {
        this.#byteLength -= next.bytes.length
        if (this.#byteLength < MAX_BYTES / 2) for (const pipe of this.#pipes) pipe.resume()
        yield next
      } else if (this.#open === 0) return
      else {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
        this.#wake = undefined
      }
    }
  }

  #push(output: PipeOutput): void {
    this.#queue.push(output)
    this.#byteLength += output.bytes.length
    if (this.#byteLength >= MAX_BYTES) for (const pipe of this.#pipes) pipe.pause()
    this.#wake?.()
  }
}
