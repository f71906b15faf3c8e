import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

import { isMediaError, MediaError } from '../errors.ts'
import { decoded, RtspCredentials } from '../rtsp/address.ts'
import { Authenticator } from '../rtsp/authenticator.ts'

/** Cameras send at most from one scheme or path to another. */
const MAX_REDIRECTS = 3
/** First, with a proof, and with newer nonces. */
const MAX_TRIES = 5
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/** What is asked of a camera. */
export interface HttpQuestion {
  readonly method: 'GET' | 'POST'
  /** The camera's own address unless given; always on its host. */
  readonly url?: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** For all of it, with redirects and proofs. */
  readonly deadlineMs: number
  /** Bytes of the answer's body. */
  readonly maxLength: number
}

/** What a camera answers. */
export interface HttpAnswer {
  readonly status: number
  /** Belongs to whoever asked. */
  readonly body: Uint8Array
}

/** Speaks HTTP with one camera: Basic and Digest, bounded in time and size. */
export class HttpCamera {
  /** Without user, password and query. */
  readonly name: string
  readonly url: URL
  readonly credentials: RtspCredentials | undefined
  readonly #isVerified: boolean
  #authenticator: Authenticator

  /**
   * @param address - `http(s)://[USER:PASSWORD@]HOST[:PORT]/PATH`; `#insecure` at its end accepts any
   * certificate.
   * @throws MediaError MEDIA_HTTP_ADDRESS, without the address, which may have a password in it.
   */
  constructor(address: string) {
    const url = URL.canParse(address) ? new URL(address) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol) || !/^(#insecure)?$/.test(url.hash))
      throw new MediaError('MEDIA_HTTP_ADDRESS')
    const [user, password] = [decoded(url.username), decoded(url.password)]
    if (/\p{Cc}/u.test(user + password)) throw new MediaError('MEDIA_HTTP_ADDRESS')
    this.#isVerified = url.hash === ''
    this.credentials = user === '' ? undefined : new RtspCredentials(user, password)
    url.hash = url.username = url.password = ''
    this.url = url
    this.name = `${url.protocol}//${url.host}${url.pathname}`
    this.#authenticator = this.#newcomer()
  }

  /**
   * Asks, proves who we are when that is wanted, and follows redirects on the same host.
   * @returns An answer of any status but 401 and redirects.
   * @throws MediaError MEDIA_HTTP, MEDIA_HTTP_AUTH, MEDIA_HTTP_CERTIFICATE; the reason of the signal.
   */
  async ask(question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
    signal.throwIfAborted()
    const stop = new AbortController()
    const abort = () => stop.abort()
    const timer = setTimeout(abort, question.deadlineMs)
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await this.#askAndFollow(question, stop.signal)
    } catch (cause) {
      signal.throwIfAborted()
      if (stop.signal.aborted)
        throw this.#failed(`no answer within ${question.deadlineMs / 1000} s`, cause)
      throw isMediaError(cause) ? cause : this.#explained(cause)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      stop.abort()
    }
  }

  async #askAndFollow(question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
    let url = question.url ?? this.url
    let redirects = 0
    for (let tries = 0; tries < MAX_TRIES + redirects; tries++) {
      const response = await this.#send(question, url, signal)
      const status = response.statusCode ?? 0
      if (status === 401) {
        response.destroy()
        this.#introduce(response.headersDistinct['www-authenticate'] ?? [])
        continue
      }
      this.#authenticator.accepted()
      const { location } = response.headers
      if (!REDIRECTS.includes(status) || location === undefined)
        return { status, body: await this.#body(response, question.maxLength) }
      response.destroy()
      if (++redirects > MAX_REDIRECTS) throw this.#failed('it redirects without an end')
      url = this.#redirected(url, location)
    }
    throw this.#failed('it never accepts our proof')
  }

  #send(question: HttpQuestion, url: URL, signal: AbortSignal): Promise<IncomingMessage> {
    const { method, headers, body } = question
    const authorization = this.#authenticator.header(method, `${url.pathname}${url.search}`)
    const isSecure = url.protocol === 'https:'
    return new Promise((resolve, reject) => {
      const request = (isSecure ? httpsRequest : httpRequest)(url, {
        method,
        signal,
        agent: false,
        headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
        ...(isSecure ? { rejectUnauthorized: this.#isVerified } : {}),
      })
      request.on('response', resolve).on('error', reject).end(body)
    })
  }

  async #body(response: IncomingMessage, maxLength: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      length += chunk.length
      // Leaving the loop destroys the connection.
      if (length > maxLength) throw this.#failed(`it answers with more than ${maxLength} bytes`)
      chunks.push(chunk)
    }
    return new Uint8Array(Buffer.concat(chunks, length))
  }

  /** User and password go to nobody else, and not from TLS to none. */
  #redirected(from: URL, location: string): URL {
    const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined
    const isUpgrade = from.protocol === 'http:' && to?.protocol === 'https:'
    // On another port somebody else may listen; each scheme has its own usual one.
    const isThere = to?.host === from.host && (isUpgrade || to.protocol === from.protocol)
    if (to === undefined || !isThere || (isUpgrade && to.port !== ''))
      throw this.#failed('it sends us elsewhere')
    to.hash = to.username = to.password = ''
    return to
  }

  #introduce(challenges: readonly string[]): void {
    try {
      this.#authenticator.challenged(challenges)
    } catch (cause) {
      this.#authenticator = this.#newcomer()
      throw new MediaError('MEDIA_HTTP_AUTH', { source: this.name, cause })
    }
  }

  #newcomer(): Authenticator {
    const { name, url, credentials } = this
    const where = { url: name, host: url.hostname, port: 0, isSecure: url.protocol === 'https:' }
    const known = credentials === undefined ? {} : { credentials }
    return new Authenticator({ ...where, ...known }, length => new Uint8Array(randomBytes(length)))
  }

  #explained(cause: unknown): MediaError {
    const { code = '', message } = cause instanceof Error ? codedError(cause) : { message: '' }
    if (/CERT|SELF_SIGNED|ALTNAME|VERIFY/.test(code))
      return new MediaError('MEDIA_HTTP_CERTIFICATE', { source: this.name, detail: code, cause })
    return this.#failed(message === '' ? code : message, cause)
  }

  #failed(detail: string, cause?: unknown): MediaError {
    return new MediaError('MEDIA_HTTP', { source: this.name, detail, cause })
  }
}

function codedError(error: Error): { code?: string; message: string } {
  const { message } = error
  return 'code' in error ? { code: String(error.code), message } : { message }
}
