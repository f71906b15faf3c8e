/** Carries speech to whoever plays it. Whoever is too slow misses the oldest of it. */
export class SpeechQueue implements AsyncIterable<Uint8Array> {
  readonly #maxBytes: number
  readonly #chunks: Uint8Array[] = []
  #byteLength = 0
  #isOver = false
  #wake: (() => void) | undefined

  /** @param maxBytes - So much waits at most, or one chunk. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @param chunk - Belongs to the queue from now on. */
  push(chunk: Uint8Array): void {
    if (this.#isOver) return
    this.#chunks.push(chunk)
    this.#byteLength += chunk.length
    while (this.#byteLength > this.#maxBytes && this.#chunks.length > 1)
      this.#byteLength -= this.#chunks.shift()?.length ?? 0
    this.#wake?.()
  }

  /** What waits is still given; then it ends. */
  end(): void {
    this.#isOver = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        this.#byteLength -= chunk.length
        yield chunk
      } else if (this.#isOver) return
      else {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
        this.#wake = undefined
      }
    }
  }
}
