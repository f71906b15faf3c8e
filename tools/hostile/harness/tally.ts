/** What became of the inputs of one group. */
export class Tally {
  /** What should not have happened, with the input. */
  readonly faults: string[] = []
  /** Figures to print. */
  readonly notes: string[] = []
  readonly #counts = new Map<string, number>()

  note(text: string): void {
    this.notes.push(text)
  }

  /** One more input that ended like this. */
  count(outcome: string): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1)
  }

  /** One more input that ended like this, which is a fault unless `expected` lists it. */
  expect(input: string, outcome: string, expected: readonly string[]): void {
    this.count(outcome)
    if (!expected.includes(outcome)) {
      this.faults.push(`${input}: ${outcome}, not ${expected.join(' or ')}`)
    }
  }

  /** One more input that ended like this, which is a fault unless it matches `rule`. */
  match(input: string, outcome: string, rule: RegExp): void {
    this.count(outcome)
    if (!rule.test(outcome)) this.faults.push(`${input}: ${outcome} does not match ${rule}`)
  }

  /** How many inputs there were. */
  get total(): number {
    let total = 0
    for (const count of this.#counts.values()) total += count
    return total
  }

  /** Outcomes and how many inputs ended so, the most frequent first. */
  get outcomes(): [outcome: string, count: number][] {
    return [...this.#counts].sort(([, a], [, b]) => b - a)
  }
}
