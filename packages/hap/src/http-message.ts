import { ByteGatherer } from './byte-gatherer.ts'
import { HapError } from './errors.ts'
import { lineText, readField } from './http-fields.ts'

/** What an accessory sends: the answer to a request, or an event between two answers. */
export interface HttpMessage {
  readonly kind: 'response' | 'event'
  /** 200..599: interim responses (1xx) are passed over. */
  readonly status: number
  /** Names in lower case; the first of several equal ones. */
  readonly headers: ReadonlyMap<string, string>
  /** Belongs to the caller. */
  readonly body: Uint8Array
}

interface Head {
  readonly kind: HttpMessage['kind']
  readonly status: number
  readonly headers: Map<string, string>
}

type LineState =
  | { readonly at: 'status-line' }
  | { readonly at: 'fields' | 'chunk-size' | 'chunk-end' | 'trailers'; readonly head: Head }
type DataState = { readonly at: 'body' | 'chunk'; readonly head: Head; missing: number }
type State = LineState | DataState | { readonly at: 'failed' }

const LINE_FEED = 0x0a
const STATUS_LINE = /^(HTTP\/1\.1|EVENT\/1\.0) ([1-5]\d\d)(?: .*)?$/
/** They say where the message ends: two of them cannot both be right. */
const FRAMING = new Set(['content-length', 'transfer-encoding'])

/**
 * Reads the stream of an accessory, HTTP/1.1 responses with EVENT/1.0 messages between them,
 * however it is cut. A message without Content-Length and Transfer-Encoding has no body: HAP
 * connections stay open.
 *
 * @see HomeKit Accessory Protocol R2 §6.8 (events), RFC 9112
 */
export class HttpMessageParser {
  readonly #maxHead: number
  readonly #maxBody: number
  readonly #line = new ByteGatherer()
  readonly #body = new ByteGatherer()
  /** Bytes of the head, or of a chunk's size, or of the trailers, so far. */
  #headLength = 0
  #state: State = { at: 'status-line' }
  #messages: HttpMessage[] = []

  /**
   * @param options.maxHeadLength In bytes; 16 KiB unless given.
   * @param options.maxBodyLength In bytes; 8 MiB unless given: an accessory database or a JPEG.
   */
  constructor(options: { maxHeadLength?: number; maxBodyLength?: number } = {}) {
    this.#maxHead = options.maxHeadLength ?? 16_384
    this.#maxBody = options.maxBodyLength ?? 8 * 1024 * 1024
  }

  /** Bytes kept for a line or a body that is not complete. */
  get pendingLength(): number {
    return this.#line.length + this.#body.length
  }

  /**
   * @returns The messages that are complete now.
   * @throws HapError `HTTP_SYNTAX` or `HTTP_TOO_LARGE`: close the connection. Messages of the same
   * bytes are lost, and every further call throws.
   */
  receive(bytes: Uint8Array): HttpMessage[] {
    try {
      let at = 0
      while (at < bytes.length) at = this.#read(bytes, at)
    } catch (error) {
      this.#state = { at: 'failed' }
      throw error
    }
    const messages = this.#messages
    this.#messages = []
    return messages
  }

  /** @returns Where to go on. */
  #read(bytes: Uint8Array, at: number): number {
    const state = this.#state
    if (state.at === 'failed') throw new HapError('HTTP_SYNTAX')
    if ('missing' in state) return this.#readData(state, bytes, at)
    const feed = bytes.indexOf(LINE_FEED, at)
    const end = feed < 0 ? bytes.length : feed + 1
    this.#headLength += end - at
    if (this.#headLength > this.#maxHead) throw new HapError('HTTP_TOO_LARGE', { detail: 'head' })
    this.#line.push(bytes.subarray(at, end))
    if (feed >= 0) this.#readLine(state, lineText(this.#line.take()))
    return end
  }

  #readData(state: DataState, bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + state.missing)
    this.#body.push(bytes.subarray(at, end))
    state.missing -= end - at
    if (state.missing > 0) return end
    if (state.at === 'body') this.#finish(state.head)
    else this.#state = { at: 'chunk-end', head: state.head }
    return end
  }

  #readLine(state: LineState, line: string): void {
    switch (state.at) {
      case 'status-line':
        this.#state = { at: 'fields', head: readStatusLine(line) }
        break
      case 'fields':
        if (line === '') this.#startBody(state.head)
        else readField(state.head.headers, line, FRAMING)
        break
      case 'chunk-size':
        this.#startChunk(state.head, line)
        break
      case 'chunk-end':
        if (line !== '') throw new HapError('HTTP_SYNTAX', { detail: 'chunk' })
        this.#state = { at: 'chunk-size', head: state.head }
        break
      case 'trailers':
        if (line === '') this.#finish(state.head)
        break
    }
  }

  #startBody(head: Head): void {
    this.#headLength = 0
    const { status, headers } = head
    if (status < 200) this.#state = { at: 'status-line' }
    else if (status === 204 || status === 304) this.#finish(head)
    else if (headers.has('transfer-encoding')) {
      if (headers.get('transfer-encoding')?.toLowerCase() !== 'chunked') {
        throw new HapError('HTTP_SYNTAX', { detail: 'Transfer-Encoding' })
      }
      this.#state = { at: 'chunk-size', head }
    } else {
      const text = headers.get('content-length') ?? '0'
      if (!/^\d{1,15}$/.test(text)) throw new HapError('HTTP_SYNTAX', { detail: 'Content-Length' })
      const missing = Number(text)
      if (missing > this.#maxBody) throw new HapError('HTTP_TOO_LARGE', { detail: 'body' })
      if (missing === 0) this.#finish(head)
      else this.#state = { at: 'body', head, missing }
    }
  }

  #startChunk(head: Head, line: string): void {
    this.#headLength = 0
    const [, hex] = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(line) ?? []
    if (hex === undefined) throw new HapError('HTTP_SYNTAX', { detail: 'chunk' })
    const missing = Number.parseInt(hex, 16)
    if (this.#body.length + missing > this.#maxBody) {
      throw new HapError('HTTP_TOO_LARGE', { detail: 'body' })
    }
    this.#state = missing === 0 ? { at: 'trailers', head } : { at: 'chunk', head, missing }
  }

  #finish(head: Head): void {
    this.#messages.push({ ...head, body: this.#body.take() })
    this.#headLength = 0
    this.#state = { at: 'status-line' }
  }
}

function readStatusLine(line: string): Head {
  const [, version, status] = STATUS_LINE.exec(line) ?? []
  if (version === undefined) throw new HapError('HTTP_SYNTAX', { detail: 'status line' })
  const kind = version === 'HTTP/1.1' ? 'response' : 'event'
  return { kind, status: Number(status), headers: new Map() }
}
