import { ByteGatherer } from './byte-gatherer.ts'
import { HapError } from './errors.ts'
import { lineText, readField } from './http-fields.ts'

/** What a controller sends. */
export interface HttpRequest {
  /** As sent: methods are case-sensitive. */
  readonly method: string
  /** As sent, with the query: neither decoded nor normalised. */
  readonly target: string
  /** Names in lower case; the first of several equal ones. */
  readonly headers: ReadonlyMap<string, string>
  /** Empty without a Content-Length. Belongs to the caller. */
  readonly body: Uint8Array
}

interface Head {
  readonly method: string
  readonly target: string
  readonly headers: Map<string, string>
}

type LineState = { readonly at: 'request-line' } | { readonly at: 'fields'; readonly head: Head }
type State =
  | LineState
  | { readonly at: 'body'; readonly head: Head; missing: number }
  | { readonly at: 'failed' }

const LINE_FEED = 0x0a
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP\/1\.[01]$/
/** Two of them cannot both be right. */
const UNIQUE = new Set(['content-length', 'content-type'])
const NOTHING = new Uint8Array(0)

/**
 * Reads the stream of a controller one request at a time, however it is cut: what follows a request
 * may have to be read by other means, as pair-verify's last answer begins the encryption.
 *
 * Only bodies with a Content-Length are known; HAP controllers send no others.
 *
 * @see HomeKit Accessory Protocol R2 §6.2.3, RFC 9112
 */
export class HttpRequestParser {
  readonly #maxLength: number
  readonly #line = new ByteGatherer()
  readonly #body = new ByteGatherer()
  #headLength = 0
  #state: State = { at: 'request-line' }
  #request: HttpRequest | undefined

  /** @param options.maxLength Of a request with its head, in bytes; 32 KiB unless given. */
  constructor(options: { maxLength?: number } = {}) {
    this.#maxLength = options.maxLength ?? 32_768
  }

  /** Whether a request has begun and is not complete. */
  get isWithin(): boolean {
    return this.#state.at !== 'request-line' || this.#line.length > 0
  }

  /** Bytes kept for a line or a body that is not complete. */
  get pendingLength(): number {
    return this.#line.length + this.#body.length
  }

  /**
   * @returns How many of the bytes were read: up to the end of a request and no further. Then
   * {@link take} it and come back with the rest.
   * @throws HapError `HTTP_SYNTAX` or `HTTP_TOO_LARGE`: close the connection without an answer; every
   * further call throws.
   */
  receive(bytes: Uint8Array): number {
    let at = 0
    try {
      while (at < bytes.length && this.#request === undefined) at = this.#read(bytes, at)
    } catch (error) {
      this.#state = { at: 'failed' }
      throw error
    }
    return at
  }

  /** @returns The request that is complete now. */
  take(): HttpRequest | undefined {
    const request = this.#request
    this.#request = undefined
    return request
  }

  /** @returns Where to go on. */
  #read(bytes: Uint8Array, at: number): number {
    const state = this.#state
    if (state.at === 'failed') throw new HapError('HTTP_SYNTAX')
    if (state.at === 'body') return this.#readBody(state, bytes, at)
    const feed = bytes.indexOf(LINE_FEED, at)
    const end = feed < 0 ? bytes.length : feed + 1
    this.#headLength += end - at
    if (this.#headLength > this.#maxLength) throw new HapError('HTTP_TOO_LARGE', { detail: 'head' })
    const part = bytes.subarray(at, end)
    if (feed < 0) this.#line.push(part)
    else if (this.#line.length === 0) this.#readLine(state, lineText(part))
    else {
      this.#line.push(part)
      this.#readLine(state, lineText(this.#line.take()))
    }
    return end
  }

  #readLine(state: LineState, line: string): void {
    if (state.at === 'fields') {
      if (line === '') this.#startBody(state.head)
      else readField(state.head.headers, line, UNIQUE)
      return
    }
    // A blank line between two requests is passed over. @see RFC 9112 §2.2
    if (line === '') return
    const [, method, target] = REQUEST_LINE.exec(line) ?? []
    if (method === undefined || target === undefined) {
      throw new HapError('HTTP_SYNTAX', { detail: 'request line' })
    }
    this.#state = { at: 'fields', head: { method, target, headers: new Map() } }
  }

  #startBody(head: Head): void {
    const { headers } = head
    if (headers.has('transfer-encoding')) {
      throw new HapError('HTTP_SYNTAX', { detail: 'Transfer-Encoding' })
    }
    const text = headers.get('content-length') ?? '0'
    if (!/^\d{1,15}$/.test(text)) throw new HapError('HTTP_SYNTAX', { detail: 'Content-Length' })
    const missing = Number(text)
    if (this.#headLength + missing > this.#maxLength) {
      throw new HapError('HTTP_TOO_LARGE', { detail: 'body' })
    }
    if (missing === 0) this.#finish(head, NOTHING)
    else this.#state = { at: 'body', head, missing }
  }

  #readBody(state: State & { at: 'body' }, bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + state.missing)
    this.#body.push(bytes.subarray(at, end))
    state.missing -= end - at
    if (state.missing === 0) this.#finish(state.head, this.#body.take())
    return end
  }

  #finish(head: Head, body: Uint8Array): void {
    this.#request = { ...head, body }
    this.#headLength = 0
    this.#state = { at: 'request-line' }
  }
}
