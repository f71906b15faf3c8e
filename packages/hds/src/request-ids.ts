/** Below it, HAP-NodeJS writes an id that equals the status as a back reference Apple reads wrong. */
const FIRST = 256
const LIMIT = 0x7fff_ffff

/** Draws the numbers of requests: random from 256 to 2^31 - 2, never the same twice. */
export class RequestIds {
  readonly #random: (length: number) => Uint8Array
  readonly #used = new Set<number>()

  constructor(random: (length: number) => Uint8Array) {
    this.#random = random
  }

  next(): number {
    let drawn = 0
    for (const byte of this.#random(4)) drawn = drawn * 0x100 + byte
    let id = FIRST + (drawn % (LIMIT - FIRST))
    while (this.#used.has(id)) id = id + 1 === LIMIT ? FIRST : id + 1
    this.#used.add(id)
    return id
  }
}
