import type { RtspAddress } from './address.ts'
import { Authenticator } from './authenticator.ts'
import { header, type RtspResponse } from './message.ts'
import { encodeRequest } from './request.ts'
import { type SessionHeader, sessionHeader } from './transport.ts'

/** What is asked. */
export interface Question {
  readonly method: string
  readonly uri: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
}

/** A question that was sent. */
export interface Exchange {
  readonly question: Question
  /** CSeq of the answer. */
  readonly sequence: number
}

/** Without it, some cameras answer 401 whatever the password. */
const USER_AGENT = 'hksv'

/** Writes requests to one server: counts them, proves who we are, and names the session. */
export class Requester {
  /** Bytes to be sent. */
  readonly outbox: Uint8Array[] = []
  readonly #authenticator: Authenticator
  #session: SessionHeader | undefined
  #sequence = 0

  constructor(address: RtspAddress, random: (length: number) => Uint8Array) {
    this.#authenticator = new Authenticator(address, random)
  }

  /** The session, once a track was set up. */
  get session(): SessionHeader | undefined {
    return this.#session
  }

  /** Puts a request into the outbox. */
  ask(question: Question): Exchange {
    const { method, uri, headers = [] } = question
    const sequence = ++this.#sequence
    const authorization = this.#authenticator.header(method, uri)
    const lines: (readonly [string, string])[] = [['User-Agent', USER_AGENT], ...headers]
    if (this.#session !== undefined) lines.push(['Session', this.#session.id])
    if (authorization !== undefined) lines.push(['Authorization', authorization])
    this.outbox.push(encodeRequest({ method, uri, sequence, headers: lines }))
    return { question, sequence }
  }

  /**
   * Takes an answer.
   * @returns The exchange that goes on, when the question had to be asked again.
   * @throws MediaError MEDIA_RTSP_AUTH
   */
  answered(exchange: Exchange, answer: RtspResponse): Exchange | undefined {
    if (answer.status !== 401) {
      this.#authenticator.accepted()
      return undefined
    }
    this.#authenticator.challenged(answer.headers.get('www-authenticate') ?? [])
    return this.ask(exchange.question)
  }

  /** Takes the session out of the answer to SETUP, if it names one. */
  joined(answer: RtspResponse): void {
    if (header(answer, 'session') !== undefined)
      this.#session = sessionHeader(answer) ?? this.#session
  }
}
