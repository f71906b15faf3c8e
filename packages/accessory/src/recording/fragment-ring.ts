/** A fragment with its number and when it was complete (milliseconds of the ring's clock). */
export interface StoredFragment<T> {
  readonly number: number
  readonly endedAt: number
  readonly fragment: T
}

/** How much of the past a ring keeps. The newest fragment always stays. */
export interface RingLimits {
  /** What is younger is there for whoever comes. */
  readonly keepMs: number
  /** What is older is gone even for a reader that has not got to it. */
  readonly maxAgeMs: number
  readonly maxBytes: number
}

/** Where a reader is: it has read all fragments before `next`. */
export interface RingPosition {
  readonly next: number
}

/**
 * The newest fragments of a source, in memory, for any number of readers, each at its own pace.
 * Bounded by age and size; whoever falls behind what is kept is told so.
 */
export class FragmentRing<T extends { readonly byteLength: number }> {
  readonly #limits: RingLimits
  readonly #fragments: StoredFragment<T>[] = []
  readonly #waiting = new Set<() => void>()
  readonly #held = new Set<RingPosition>()
  #nextNumber = 0
  #byteLength = 0

  constructor(limits: RingLimits) {
    this.#limits = limits
  }

  /** Bytes of media held. */
  get byteLength(): number {
    return this.#byteLength
  }

  /** The number the next fragment will get. */
  get nextNumber(): number {
    return this.#nextNumber
  }

  /**
   * Keeps for a reader what it has not read, as far as the limits allow.
   *
   * @returns To be called when the reader is done.
   */
  hold(position: RingPosition): () => void {
    this.#held.add(position)
    return () => this.#held.delete(position)
  }

  /** Adds a complete fragment and wakes the readers. */
  push(fragment: T, now: number): void {
    this.#fragments.push({ number: this.#nextNumber++, endedAt: now, fragment })
    this.#byteLength += fragment.byteLength
    this.#trim(now)
    this.#wake()
  }

  /** Forgets every fragment before `number`: it does not fit what comes. */
  clear(number: number = this.#nextNumber): void {
    const kept = this.#fragments.filter(stored => stored.number >= number)
    this.#fragments.splice(0, this.#fragments.length, ...kept)
    this.#byteLength = kept.reduce((sum, { fragment }) => sum + fragment.byteLength, 0)
    this.#wake()
  }

  /** The number of the oldest fragment that ended after `time`, or of the next one to come. */
  firstSince(time: number): number {
    return this.#fragments.find(({ endedAt }) => endedAt > time)?.number ?? this.#nextNumber
  }

  /**
   * @returns The fragment `number`, as soon as there is one; `undefined` when it is gone already, or
   * when `signal` aborts.
   */
  async read(number: number, signal: AbortSignal): Promise<StoredFragment<T> | undefined> {
    while (number >= this.#nextNumber) {
      if (signal.aborted) return undefined
      await new Promise<void>(resolve => {
        const wake = () => {
          this.#waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#waiting.add(wake)
        signal.addEventListener('abort', wake)
      })
    }
    return this.#fragments.find(stored => stored.number === number)
  }

  #trim(now: number): void {
    for (;;) {
      const [oldest] = this.#fragments
      if (oldest === undefined || this.#fragments.length === 1 || this.#isKept(oldest, now)) return
      this.#fragments.shift()
      this.#byteLength -= oldest.fragment.byteLength
    }
  }

  #isKept({ number, endedAt }: StoredFragment<T>, now: number): boolean {
    const { keepMs, maxAgeMs, maxBytes } = this.#limits
    if (this.#byteLength > maxBytes || now - endedAt > maxAgeMs) return false
    return now - endedAt <= keepMs || [...this.#held].some(({ next }) => next <= number)
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }
}
