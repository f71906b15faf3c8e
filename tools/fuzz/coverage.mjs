/** The statement and branch counters of a program, and which values of each were seen. */
export class Coverage {
  features = 0
  /** Statements and branches that were reached at all. */
  edges = 0
  #isCounting
  #counters
  #seen

  /**
   * @param counters What istanbul keeps for one file.
   * @param options.isCounting Whether it is news that something was reached more often than before.
   */
  constructor(counters, { isCounting = true } = {}) {
    this.#isCounting = isCounting
    const tables = [counters.s, ...Object.values(counters.b)]
    this.#counters = tables.flatMap(table => Object.keys(table).map(key => [table, key]))
    this.#seen = new Uint16Array(this.#counters.length)
    this.take()
    this.features = this.edges = 0
  }

  /** Takes the counts of one run and clears them. @returns Whether any was new. */
  take() {
    const before = this.features
    for (let i = 0; i < this.#counters.length; i++) {
      const [table, key] = this.#counters[i]
      const count = table[key]
      if (count === 0) continue
      table[key] = 0
      const bit = this.#isCounting ? 1 << bucket(count) : 1
      if ((this.#seen[i] & bit) !== 0) continue
      if (this.#seen[i] === 0) this.edges++
      this.#seen[i] |= bit
      this.features++
    }
    return this.features > before
  }
}

/** Once, twice, thrice, then by powers of two: that a loop ran 30 or 31 times is no news. */
function bucket(count) {
  return count < 4 ? count : Math.min(12, 2 + Math.floor(Math.log2(count)))
}
