const MAX_DEPTH = 64

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A JSON value. Integers beyond 2^53 are exact. */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject

/** A JSON object: without a prototype, so that no name means anything but itself. */
export interface JsonObject {
  readonly [name: string]: Json
}

/**
 * Parses a request's JSON body, stricter than `JSON.parse`: two members of one name are refused,
 * as is nesting deeper than 64 levels and what is not UTF-8; ids of 64 bits do not lose any.
 *
 * @returns `undefined` for anything that is not such JSON: the caller answers 400 whatever was wrong.
 * @see RFC 8259
 */
export function parseJson(body: Uint8Array): Json | undefined {
  try {
    return new Reader(utf8.decode(body)).read()
  } catch (error) {
    // The decoder throws a TypeError, the reader a SyntaxError.
    if (error instanceof TypeError || error instanceof SyntaxError) return undefined
    throw error
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const STRING = /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy
const BLANKS = /[ \t\n\r]*/y
const LITERALS: ReadonlyMap<string, [text: string, value: Json]> = new Map([
  ['n', ['null', null]],
  ['t', ['true', true]],
  ['f', ['false', false]],
])

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): Json {
    const value = this.#value(0)
    if (this.#at < this.#text.length) throw new SyntaxError('more than one value')
    return value
  }

  /** A value and the blanks around it. */
  #value(depth: number): Json {
    this.#skip()
    const value = this.#bareValue(depth)
    this.#skip()
    return value
  }

  #bareValue(depth: number): Json {
    const first = this.#text[this.#at] ?? ''
    if (first === '"') return this.#string()
    if (first === '{') return this.#object(depth + 1)
    if (first === '[') return this.#array(depth + 1)
    const [literal, value] = LITERALS.get(first) ?? []
    if (literal === undefined || value === undefined) return this.#number()
    if (!this.#text.startsWith(literal, this.#at)) throw new SyntaxError('no value')
    this.#at += literal.length
    return value
  }

  #object(depth: number): JsonObject {
    const members: Record<string, Json> = Object.create(null)
    this.#list('}', depth, () => {
      this.#skip()
      const name = this.#string()
      if (name in members) throw new SyntaxError('two members of one name')
      this.#skip()
      if (!this.#take(':')) throw new SyntaxError('no colon')
      members[name] = this.#value(depth)
    })
    return members
  }

  #array(depth: number): Json[] {
    const values: Json[] = []
    this.#list(']', depth, () => values.push(this.#value(depth)))
    return values
  }

  /** What stands between two brackets, with commas between its parts. */
  #list(end: string, depth: number, readPart: () => void): void {
    if (depth > MAX_DEPTH) throw new SyntaxError('too deep')
    this.#at++
    this.#skip()
    if (this.#take(end)) return
    do readPart()
    while (this.#take(','))
    if (!this.#take(end)) throw new SyntaxError('no end')
  }

  #string(): string {
    const literal = this.#match(STRING)
    if (literal === undefined) throw new SyntaxError('no string')
    return literal.includes('\\') ? JSON.parse(literal) : literal.slice(1, -1)
  }

  #number(): number | bigint {
    const text = this.#match(NUMBER)
    if (text === undefined) throw new SyntaxError('no value')
    const number = Number(text)
    if (!Number.isFinite(number)) throw new SyntaxError('too large a number')
    return Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(text)
      ? BigInt(text)
      : number
  }

  #skip(): void {
    const code = this.#text.charCodeAt(this.#at)
    if (code <= 0x20) this.#match(BLANKS)
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const [text] = pattern.exec(this.#text) ?? []
    if (text !== undefined) this.#at += text.length
    return text
  }
}
