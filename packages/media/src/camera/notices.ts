import type { Clock } from '../clock.ts'

/** The same is said again after this long. */
const REPEAT_MS = 10 * 60_000

/** Tells the user what is noticed of a source, each kind once in ten minutes. */
export class Notices {
  readonly #say: (sentence: string) => void
  readonly #clock: Clock
  readonly #saidAt = new Map<string, number>()

  constructor(say: (sentence: string) => void, clock: Clock) {
    this.#say = say
    this.#clock = clock
  }

  /** @param kind - One of a few: what is remembered. */
  say(kind: string, sentence: string): void {
    const now = this.#clock.now()
    if (now - (this.#saidAt.get(kind) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return
    this.#saidAt.set(kind, now)
    this.#say(sentence)
  }
}
