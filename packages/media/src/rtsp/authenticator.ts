import { createHash } from 'node:crypto'

import { MediaError } from '../errors.ts'
import type { RtspAddress, RtspCredentials } from './address.ts'
import { type Challenge, type DigestAlgorithm, strongestChallenge } from './challenge.ts'

type Digest = Extract<Challenge, { scheme: 'digest' }>

/** What a proof is made of, besides user and password. */
export interface DigestInput {
  readonly algorithm: DigestAlgorithm
  readonly realm: string
  readonly nonce: string
  readonly method: string
  /** As it stands in the request. */
  readonly uri: string
  /** With qop=auth, and for `-sess`. */
  readonly cnonce?: string
  /** 8 hexadecimal digits; with qop=auth. */
  readonly nonceCount?: string
}

/**
 * @returns The `response` of Digest, in hexadecimal.
 * @see RFC 2069 §2.1.2, RFC 2617 §3.2.2, RFC 7616 §3.4
 */
export function digestResponse(credentials: RtspCredentials, input: DigestInput): string {
  const { algorithm, realm, nonce, method, uri, cnonce = '', nonceCount } = input
  const hash = (text: string): string =>
    createHash(algorithm.startsWith('SHA-256') ? 'sha256' : 'md5')
      .update(text)
      .digest('hex')
  const secret = credentials.reveal((user, password) => hash(`${user}:${realm}:${password}`))
  const key = algorithm.endsWith('-sess') ? hash(`${secret}:${nonce}:${cnonce}`) : secret
  const request = hash(`${method}:${uri}`)
  const middle = nonceCount === undefined ? nonce : `${nonce}:${nonceCount}:${cnonce}:auth`
  return hash(`${key}:${middle}:${request}`)
}

/** A server that says so often that a nonce is stale does so for ever. */
const MAX_STALE = 3

/**
 * Proves to one server who we are.
 *
 * 1. `header` for each request: nothing before the server has asked.
 * 2. `challenged` for each 401; then send the request again with a new `header`.
 * 3. `accepted` for each other answer.
 */
export class Authenticator {
  readonly #source: string
  readonly #credentials: RtspCredentials | undefined
  readonly #random: (length: number) => Uint8Array
  #challenge: Challenge | undefined
  #nonceCount = 0
  /** One for each nonce, as it is part of the key of `-sess`; the nonce count makes each proof another. */
  #cnonce = ''
  /** 401 since the last other answer. */
  #refusals = 0

  /** @param address - Of the server; its errors name it. */
  constructor(address: RtspAddress, random: (length: number) => Uint8Array) {
    this.#source = address.url
    this.#credentials = address.credentials
    this.#random = random
  }

  /** @returns The value of `Authorization`. */
  header(method: string, uri: string): string | undefined {
    const challenge = this.#challenge
    if (challenge === undefined || this.#credentials === undefined) return undefined
    if (challenge.scheme === 'basic')
      return this.#credentials.reveal(
        (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      )
    return this.#digest(this.#credentials, challenge, method, uri)
  }

  /**
   * Takes a 401: a wrong password is tried once, since cameras lock out who tries often.
   * @param headers - Each `WWW-Authenticate`.
   * @throws MediaError MEDIA_RTSP_AUTH when there is no use in another try.
   */
  challenged(headers: readonly string[]): void {
    if (this.#credentials === undefined) throw this.#refused('it asks for user and password')
    const challenge = strongestChallenge(headers)
    if (challenge === undefined)
      throw this.#refused('it asks for them in a way that is neither Basic nor Digest')
    const isStale = challenge.scheme === 'digest' && challenge.isStale
    const isUsedUp = this.#refusals >= (isStale ? MAX_STALE : 1)
    const isKnown = this.#challenge !== undefined && isSameNonce(this.#challenge, challenge)
    if (isUsedUp || isKnown) throw this.#refused('user or password is wrong')
    this.#refusals++
    this.#challenge = challenge
    this.#nonceCount = 0
    this.#cnonce = Buffer.from(this.#random(8)).toString('hex')
  }

  /** The server has taken what the last request said of us. */
  accepted(): void {
    this.#refusals = 0
  }

  #refused(detail: string): MediaError {
    return new MediaError('MEDIA_RTSP_AUTH', { source: this.#source, detail })
  }

  #digest(credentials: RtspCredentials, challenge: Digest, method: string, uri: string): string {
    const { algorithm, realm, nonce, opaque, qop } = challenge
    const isSession = algorithm.endsWith('-sess')
    const cnonce = qop !== undefined || isSession ? this.#cnonce : undefined
    const nonceCount =
      qop === undefined ? undefined : (++this.#nonceCount).toString(16).padStart(8, '0')
    const response = digestResponse(credentials, {
      algorithm,
      realm,
      nonce,
      method,
      uri,
      ...(cnonce === undefined ? {} : { cnonce }),
      ...(nonceCount === undefined ? {} : { nonceCount }),
    })
    const user = credentials.reveal(name => name)
    const parts = [
      `username=${quoted(user)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(uri)}`,
      `response="${response}"`,
      ...(challenge.algorithm === 'MD5' ? [] : [`algorithm=${algorithm}`]),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
      ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${nonceCount}`]),
      ...(cnonce === undefined ? [] : [`cnonce="${cnonce}"`]),
    ]
    return `Digest ${parts.join(', ')}`
  }
}

function isSameNonce(a: Challenge, b: Challenge): boolean {
  if (a.scheme === 'basic' || b.scheme === 'basic') return a.scheme === b.scheme
  return a.nonce === b.nonce && !b.isStale
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
