/** What comes in, kept until somebody asks for it. One reader at a time. */
export class Inbox<T> {
  readonly #items: T[] = []
  #end: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  /** How many wait to be taken. */
  get length(): number {
    return this.#items.length
  }

  push(...items: readonly T[]): void {
    this.#items.push(...items)
    this.#wake?.()
  }

  /** No more will come: who asks after the last one gets `error`. */
  end(error: unknown): void {
    this.#end ??= { error }
    this.#wake?.()
  }

  /** @throws The error that it ended with; the reason of `signal` when that aborts. */
  async take(signal?: AbortSignal): Promise<T> {
    for (;;) {
      signal?.throwIfAborted()
      if (this.#items.length > 0) {
        const [item] = this.#items.splice(0, 1) as [T]
        return item
      }
      if (this.#end !== undefined) throw this.#end.error
      await this.#changed(signal)
    }
  }

  #changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise(resolve => {
      const wake = () => {
        this.#wake = undefined
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.#wake = wake
      signal?.addEventListener('abort', wake)
    })
  }
}
