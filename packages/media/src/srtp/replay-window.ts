/** More than the 64 that are required. @see RFC 3711 §3.3.2 */
const size = 1024

/** Remembers the indices of the last packets, so that none counts twice. */
export class ReplayWindow {
  /** The index that was seen last in each place. */
  readonly #seen = new Float64Array(size).fill(-1)
  #highest = -1

  /** The highest index so far; -1 before the first. */
  get highest(): number {
    return this.#highest
  }

  /** @returns Why a packet of this index is refused; nothing when it is new. */
  refusal(index: number): 'replayed' | 'too-old' | undefined {
    if (index <= this.#highest - size) return 'too-old'
    return this.#seen[index % size] === index ? 'replayed' : undefined
  }

  /** Remembers a packet; only after its tag was found to be right. */
  add(index: number): void {
    this.#seen[index % size] = index
    if (index > this.#highest) this.#highest = index
  }
}
