import { HubError } from '../../errors.ts'

/** What came, kept until a rule asks for it. */
export class Waiting<T> {
  /** All that came, also what was taken. */
  readonly seen: T[] = []
  readonly #signal: AbortSignal
  #taken = 0
  #end: { readonly error: unknown } | undefined
  readonly #wakes: (() => void)[] = []

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  push(item: T): void {
    this.seen.push(item)
    this.#wake()
  }

  end(error: unknown): void {
    this.#end ??= { error }
    this.#wake()
  }

  /**
   * The next one, or the next of which `isWanted` holds; those before it are passed over.
   *
   * @throws HubError `HUB_TIMEOUT`; what it ended with; the reason of the signal.
   */
  async take(ms: number, isWanted: (item: T) => boolean = () => true): Promise<T> {
    const found = await this.poll(ms, isWanted)
    if (found !== undefined) return found
    throw new HubError('HUB_TIMEOUT', { message: `The camera did not answer in ${ms / 1000} s.` })
  }

  /** As {@link take}, but nothing when nothing comes in time, or it ended. */
  async poll(ms: number, isWanted: (item: T) => boolean = () => true): Promise<T | undefined> {
    const deadline = performance.now() + ms
    for (;;) {
      this.#signal.throwIfAborted()
      while (this.#taken < this.seen.length) {
        const item = this.seen[this.#taken++] as T
        if (isWanted(item)) return item
      }
      if (this.#end !== undefined) throw this.#end.error
      const left = deadline - performance.now()
      if (left <= 0) return undefined
      await this.#changed(left)
    }
  }

  #changed(ms: number): Promise<void> {
    return new Promise(resolve => {
      const wake = () => {
        clearTimeout(timer)
        this.#signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#signal.addEventListener('abort', wake)
      this.#wakes.push(wake)
    })
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0, this.#wakes.length)) wake()
  }
}
