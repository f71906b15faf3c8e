import { randomBytes } from 'node:crypto'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

import { MediaError } from '../errors.ts'
import { decoded, RtspCredentials } from '../rtsp/address.ts'
import { Authenticator } from '../rtsp/authenticator.ts'
import type { TalkBack } from './talk-back.ts'

/**
 * A body that has no end. Dahua's manual writes this length; Axis's says that it can be any value. It is
 * enough for 20 minutes.
 * @see Dahua HTTP API 11.2 (Post Audio), VAPIX Audio API (Transmit audio data)
 */
const endless = 9_999_999
/** One that takes no more is gone. */
const stalledMs = 5000

const unknown = 'it does not let us in; put its user and password into the address'

/** Where and what is sent. */
interface Target {
  readonly url: URL
  /** Path and query, as it stands in the request. */
  readonly path: string
  readonly contentType: string
  readonly authenticator: Authenticator
}

/**
 * The loudspeaker of a camera that takes G.711 at 8 kHz in a POST: `audio/basic` (mu-law), as Axis does,
 * or `Audio/G.711A` (A-law) where the path is Dahua's and Amcrest's `audio.cgi`.
 * @param address - `http(s)://[USER:PASSWORD@]HOST[:PORT]/PATH`; `#alaw` or `#mulaw` at its end decides
 * what is sent. Basic and Digest.
 * @throws MediaError MEDIA_TALK_BACK_ADDRESS, without the address, which may have a password in it.
 */
export function httpTalkBack(address: string): TalkBack {
  if (!URL.canParse(address)) throw new MediaError('MEDIA_TALK_BACK_ADDRESS')
  const url = new URL(address)
  const isDahua = /\/audio\.cgi$/i.test(url.pathname)
  const encoding = url.hash === '#alaw' || (isDahua && url.hash !== '#mulaw') ? 'alaw' : 'mulaw'
  const contentType = encoding === 'alaw' ? 'Audio/G.711A' : 'audio/basic'
  const [user, password] = [decoded(url.username), decoded(url.password)]
  url.hash = url.username = url.password = ''
  const known = user === '' ? {} : { credentials: new RtspCredentials(user, password) }
  const path = `${url.pathname}${url.search}`
  const name = `${url.protocol}//${url.host}${url.pathname}`
  const where = { url: name, host: url.hostname, port: 0, isSecure: url.protocol === 'https:' }
  return {
    format: { encoding, sampleRate: 8000 },
    play: async (speech, signal) => {
      const random = (length: number) => new Uint8Array(randomBytes(length))
      const authenticator = new Authenticator({ ...where, ...known }, random)
      try {
        await post({ url, path, contentType, authenticator }, speech, signal)
      } catch (cause) {
        if (signal.aborted) return
        const detail = cause instanceof Error ? cause.message : String(cause)
        throw new MediaError('MEDIA_TALK_BACK', { source: name, detail, cause })
      }
    },
  }
}

/** Sends what is said; anew, from then on, when the camera asks who we are. */
async function post(
  target: Target,
  speech: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  let sending = new Sending(target, signal)
  try {
    for await (const chunk of speech) {
      if (sending.status === 401) {
        introduce(target.authenticator, sending.challenges)
        sending.close()
        sending = new Sending(target, signal)
      }
      await sending.write(chunk)
    }
    await sending.end()
    if (sending.status === 401) throw new Error(unknown)
  } finally {
    sending.close()
  }
}

function introduce(authenticator: Authenticator, challenges: readonly string[]): void {
  try {
    authenticator.challenged(challenges)
  } catch (cause) {
    throw new Error(unknown, { cause })
  }
}

/** One request. */
class Sending {
  readonly #request: ClientRequest
  #response: IncomingMessage | undefined
  #error: Error | undefined
  #wake: () => void = () => undefined

  constructor({ url, path, contentType, authenticator }: Target, signal: AbortSignal) {
    const authorization = authenticator.header('POST', path)
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    this.#request = send(url, {
      method: 'POST',
      signal,
      agent: false,
      headers: {
        'content-type': contentType,
        'content-length': endless,
        'cache-control': 'no-cache',
        ...(authorization === undefined ? {} : { authorization }),
      },
    })
    this.#request.setTimeout(stalledMs, () => {
      // While nobody speaks nothing goes out either.
      if (this.#request.writableLength > 0) this.#request.destroy(new Error('it takes nothing'))
    })
    this.#request.on('response', response => {
      this.#response = response.resume().on('error', () => undefined)
      this.#wake()
    })
    this.#request.on('error', error => {
      this.#error = error
      this.#wake()
    })
    this.#request.on('drain', () => this.#wake())
    this.#request.flushHeaders()
  }

  get status(): number | undefined {
    return this.#response?.statusCode
  }

  /** What it wants to know of us. */
  get challenges(): readonly string[] {
    const headers = this.#response?.headersDistinct['www-authenticate']
    return headers ?? []
  }

  /** Resolves when there is room for more. @throws Error when the camera refuses. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#check()
    if (this.status === 401 || this.#request.write(chunk)) return
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
    this.#check()
  }

  /** Resolves when all of it is sent. */
  async end(): Promise<void> {
    this.#check()
    await new Promise<void>(resolve => {
      this.#wake = resolve
      // The body is shorter than was said: the camera learns it from the end of the connection.
      this.#request.end(() => this.#request.socket?.end(resolve))
    })
    // Some hang up without an answer when they have heard everything.
    this.#error = undefined
    this.#check()
  }

  close(): void {
    this.#request.destroy()
  }

  #check(): void {
    // It may hang up as well.
    if (this.status === 401) return
    if (this.#error !== undefined) throw this.#error
    const status = this.status ?? 200
    if (status >= 300) throw new Error(`it answers with status ${status}`)
  }
}
