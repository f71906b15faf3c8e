/** Bytes of a payload page. */
const pageLength = 0x10000

/** Makes a buffer of `length` bytes; what it holds does not matter. */
export type Allocate = (length: number) => Uint8Array

/**
 * Hands out pages and takes back the one that was not filled: a payload keeps a trimmed copy of its
 * last page, so that nothing pins more memory than it holds.
 */
export class PagePool {
  readonly #allocate: Allocate
  readonly #spare: Uint8Array[] = []

  constructor(allocate: Allocate) {
    this.#allocate = allocate
  }

  take(): Uint8Array {
    return this.#spare.pop() ?? this.#allocate(pageLength)
  }

  /** Takes back a page that nobody else refers to. */
  giveBack(page: Uint8Array): void {
    this.#spare.push(page)
  }

  /** @returns A buffer of exactly these bytes. */
  copy(bytes: Uint8Array): Uint8Array {
    const copy = this.#allocate(bytes.length)
    copy.set(bytes)
    return copy
  }
}

/** Bytes collected in pages of 64 KiB: written once, never moved to grow. */
export class Pages {
  readonly #pool: PagePool
  readonly #pages: Uint8Array[] = []
  #page: Uint8Array | undefined
  #used = 0

  constructor(pool: PagePool) {
    this.#pool = pool
  }

  get byteLength(): number {
    return this.#pages.length * pageLength + this.#used
  }

  /** Copies `data` behind what is there. */
  append(data: Uint8Array): void {
    let from = 0
    while (from < data.length) {
      this.#page ??= this.#pool.take()
      const length = Math.min(data.length - from, pageLength - this.#used)
      const isWhole = length === data.length
      this.#page.set(isWhole ? data : data.subarray(from, from + length), this.#used)
      this.#used += length
      from += length
      if (this.#used === pageLength) {
        this.#pages.push(this.#page)
        this.#page = undefined
        this.#used = 0
      }
    }
  }

  /** Removes everything from `offset` on. @returns Copies of it. */
  takeFrom(offset: number): Uint8Array[] {
    const all = this.#page === undefined ? [...this.#pages] : [...this.#pages, this.#page]
    const end = this.byteLength
    const taken: Uint8Array[] = []
    for (let at = offset; at < end; at = (Math.floor(at / pageLength) + 1) * pageLength) {
      const page = all[Math.floor(at / pageLength)] ?? new Uint8Array()
      const stop = Math.min(pageLength, end - (at - (at % pageLength)))
      taken.push(page.slice(at % pageLength, stop))
    }
    const whole = Math.floor(offset / pageLength)
    this.#pages.length = Math.min(this.#pages.length, whole)
    this.#page = all[whole]
    this.#used = offset % pageLength
    return taken
  }

  /** Ends the collection. @returns The pages; all but the last are full. */
  finish(): Uint8Array[] {
    if (this.#page === undefined) return this.#pages
    const last = this.#page
    this.#page = undefined
    if (this.#used > 0) this.#pages.push(this.#pool.copy(last.subarray(0, this.#used)))
    this.#pool.giveBack(last)
    return this.#pages
  }
}
