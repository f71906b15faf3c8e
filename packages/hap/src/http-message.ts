import { concat, fromLatin1 } from './bytes.ts'
import { HapError } from './errors.ts'

/** What an accessory sends: the answer to a request, or an event between two answers. */
export interface HttpMessage {
  readonly kind: 'response' | 'event'
  readonly status: number
  /** Names in lower case; the first of several equal ones. */
  readonly headers: ReadonlyMap<string, string>
  /** Belongs to the caller. */
  readonly body: Uint8Array
}

type State =
  | { readonly at: 'head' }
  | { readonly at: 'body'; readonly head: Head; readonly parts: Uint8Array[]; missing: number }
  | { readonly at: 'chunks'; readonly head: Head; readonly parts: Uint8Array[]; size: number }

type Head = Omit<HttpMessage, 'body'>

const STATUS_LINE = /^(HTTP\/1\.1|EVENT\/1\.0) (\d{3})(?: .*)?$/

/**
 * Reads the stream of an accessory, HTTP/1.1 responses with EVENT/1.0 messages between them,
 * however it is cut.
 *
 * @see HomeKit Accessory Protocol R2 §6.8 (events), RFC 9112
 */
export class HttpMessageParser {
  readonly #maxHead: number
  readonly #maxBody: number
  #pending: Uint8Array = new Uint8Array(0)
  #state: State = { at: 'head' }

  /** @param options.maxBodyLength In bytes; 8 MiB unless given: an accessory database or a JPEG. */
  constructor(options: { maxHeadLength?: number; maxBodyLength?: number } = {}) {
    this.#maxHead = options.maxHeadLength ?? 16_384
    this.#maxBody = options.maxBodyLength ?? 8 * 1024 * 1024
  }

  /** Bytes that wait for the rest of their message. */
  get pendingLength(): number {
    return this.#pending.length
  }

  /**
   * @returns The messages that are complete now.
   * @throws HapError `HTTP_SYNTAX` or `HTTP_TOO_LARGE`: close the connection.
   */
  receive(bytes: Uint8Array): HttpMessage[] {
    this.#pending = this.#pending.length === 0 ? bytes.slice() : concat(this.#pending, bytes)
    const messages: HttpMessage[] = []
    for (;;) {
      const state = this.#state
      if (state.at === 'head') {
        if (!this.#readHead()) return messages
        continue
      }
      const body = state.at === 'body' ? this.#readBody(state) : this.#readChunks(state)
      if (body === undefined) return messages
      messages.push({ ...state.head, body })
      this.#state = { at: 'head' }
    }
  }

  #readHead(): boolean {
    const line = this.#line(0)
    if (line === undefined) return false
    const [, version, status] = STATUS_LINE.exec(line.text) ?? []
    if (version === undefined || status === undefined) throw new HapError('HTTP_SYNTAX')
    const headers = new Map<string, string>()
    let at = line.next
    for (;;) {
      const header = this.#line(at)
      if (header === undefined) return false
      at = header.next
      if (header.text === '') break
      const colon = header.text.indexOf(':')
      if (colon <= 0) throw new HapError('HTTP_SYNTAX', { detail: 'header' })
      const name = header.text.slice(0, colon).trim().toLowerCase()
      if (!headers.has(name)) headers.set(name, header.text.slice(colon + 1).trim())
    }
    this.#skip(at)
    const kind = version === 'HTTP/1.1' ? 'response' : 'event'
    const head: Head = { kind, status: Number(status), headers }
    this.#state = this.#bodyState(head)
    return true
  }

  #bodyState(head: Head): State {
    if (head.headers.get('transfer-encoding')?.toLowerCase() === 'chunked') {
      return { at: 'chunks', head, parts: [], size: 0 }
    }
    const text = head.headers.get('content-length') ?? '0'
    if (!/^\d{1,15}$/.test(text)) throw new HapError('HTTP_SYNTAX', { detail: 'Content-Length' })
    const length = head.status === 204 ? 0 : Number(text)
    if (length > this.#maxBody) throw new HapError('HTTP_TOO_LARGE')
    return { at: 'body', head, parts: [], missing: length }
  }

  /** Collects what has come, so that a long body is joined once. */
  #readBody(state: State & { at: 'body' }): Uint8Array | undefined {
    const part = this.#skip(Math.min(state.missing, this.#pending.length))
    if (part !== undefined && part.length > 0) state.parts.push(part)
    state.missing -= part?.length ?? 0
    return state.missing === 0 ? concat(...state.parts) : undefined
  }

  #readChunks(state: State & { at: 'chunks' }): Uint8Array | undefined {
    for (;;) {
      const line = this.#line(0)
      if (line === undefined) return undefined
      const [, hex] = /^([0-9a-fA-F]{1,8})(?:;.*)?$/.exec(line.text) ?? []
      if (hex === undefined) throw new HapError('HTTP_SYNTAX', { detail: 'chunk' })
      const length = Number.parseInt(hex, 16)
      if (length === 0) return this.#endChunks(line.next, state.parts)
      if (state.size + length > this.#maxBody) throw new HapError('HTTP_TOO_LARGE')
      if (this.#pending.length < line.next + length + 2) return undefined
      this.#skip(line.next)
      state.size += length
      state.parts.push(this.#skip(length) ?? new Uint8Array(0))
      if (fromLatin1(this.#skip(2) ?? new Uint8Array(0)) !== '\r\n') {
        throw new HapError('HTTP_SYNTAX', { detail: 'chunk' })
      }
    }
  }

  /** Reads over trailers to the empty line. */
  #endChunks(from: number, parts: readonly Uint8Array[]): Uint8Array | undefined {
    let at = from
    for (;;) {
      const line = this.#line(at)
      if (line === undefined) return undefined
      at = line.next
      if (line.text === '') break
    }
    this.#skip(at)
    return concat(...parts)
  }

  /** The line at `from` of the pending bytes, when its end has come. */
  #line(from: number): { text: string; next: number } | undefined {
    const end = this.#pending.indexOf(0x0a, from)
    if (end < 0 ? this.#pending.length > this.#maxHead : end > this.#maxHead) {
      throw new HapError('HTTP_TOO_LARGE')
    }
    if (end < 0) return undefined
    const text = fromLatin1(this.#pending.subarray(from, end))
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text, next: end + 1 }
  }

  /** Removes and returns the first `length` pending bytes, when they have come. */
  #skip(length: number): Uint8Array | undefined {
    if (this.#pending.length < length) return undefined
    const taken = this.#pending.slice(0, length)
    this.#pending = this.#pending.subarray(length)
    return taken
  }
}
