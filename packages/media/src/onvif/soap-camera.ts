import { createHash, randomBytes, randomUUID } from 'node:crypto'

import { MediaError } from '../errors.ts'
import type { HttpCamera } from '../http/http-camera.ts'
import { escapeXml, parseXml, within, type XmlElement } from './xml.ts'

const MAX_LENGTH = 1024 * 1024
const ENVELOPE = 'http://www.w3.org/2003/05/soap-envelope'
const ADDRESSING = 'http://www.w3.org/2005/08/addressing'
const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss'
const DIGEST = `${WSS}-username-token-profile-1.0#PasswordDigest`
const BASE64 = `${WSS}-soap-message-security-1.0#Base64Binary`
/** What cameras say when they do not know us. */
const UNKNOWN =
  /not\s*authori[sz]ed|unauthori[sz]ed|failed\s*authentication|sender not|security token/i

/** What is asked of a service. */
export interface SoapCall {
  readonly url: URL
  /** URI of the action. */
  readonly action: string
  /** XML. */
  readonly body: string
  /** Elements that an address came with, and that go back as they are. */
  readonly parameters?: readonly XmlElement[]
  readonly isAnonymous?: true
  readonly deadlineMs?: number
}

/** A camera said that it cannot do what it was asked for. */
export class SoapFault extends Error {
  override readonly name = 'SoapFault'
}

/** Speaks SOAP 1.2 with one camera. @see ONVIF Core §5.9, WS-Security UsernameToken 1.1 */
export class SoapCamera {
  readonly http: HttpCamera
  /** Milliseconds by which the camera's clock is ahead of ours. */
  skewMs = 0

  constructor(http: HttpCamera) {
    this.http = http
  }

  /**
   * @returns The element in the answer's body.
   * @throws SoapFault; MediaError MEDIA_HTTP_AUTH, MEDIA_ONVIF, MEDIA_HTTP; the reason of the signal.
   */
  async call(call: SoapCall, signal: AbortSignal): Promise<XmlElement> {
    const { url, action, deadlineMs = 10_000 } = call
    const question = {
      method: 'POST',
      url,
      headers: { 'content-type': `application/soap+xml; charset=utf-8; action="${action}"` },
      body: this.#envelope(call),
      deadlineMs,
      maxLength: MAX_LENGTH,
    } as const
    const { status, body } = await this.http.ask(question, signal)
    const inner = this.#bodyOf(status, Buffer.from(body).toString('utf8'))
    if (inner.name !== 'Fault') return inner
    const texts = [
      ...within(inner, 'Text'),
      ...within(inner, 'Value'),
      ...within(inner, 'faultstring'),
    ]
    const reason = texts
      .map(({ text }) => text)
      .join(' ')
      .trim()
    if (UNKNOWN.test(reason)) throw new MediaError('MEDIA_HTTP_AUTH', { source: this.http.name })
    throw new SoapFault(reason.slice(0, 200) || `a fault with status ${status}`)
  }

  #bodyOf(status: number, text: string): XmlElement {
    let root: XmlElement | undefined
    let cause: unknown
    try {
      root = parseXml(text)
    } catch (error) {
      cause = error
    }
    const body = root?.children.find(({ name }) => name === 'Body')
    const [inner] = body?.children ?? []
    if (root?.name === 'Envelope' && inner !== undefined) return inner
    const detail = status === 200 ? 'what it answers is no SOAP' : `status ${status}`
    const isUnknown = status === 403
    throw new MediaError(isUnknown ? 'MEDIA_HTTP_AUTH' : 'MEDIA_ONVIF', {
      source: this.http.name,
      detail,
      cause,
    })
  }

  #envelope({ url, action, body, parameters = [], isAnonymous }: SoapCall): string {
    const back = parameters.map(
      ({ name, namespace, text }) =>
        `<p:${name} xmlns:p="${escapeXml(namespace)}" a:IsReferenceParameter="true">${escapeXml(text)}</p:${name}>`,
    )
    const header = [
      `<a:Action s:mustUnderstand="1">${action}</a:Action>`,
      `<a:MessageID>urn:uuid:${randomUUID()}</a:MessageID>`,
      `<a:ReplyTo><a:Address>${ADDRESSING}/anonymous</a:Address></a:ReplyTo>`,
      `<a:To s:mustUnderstand="1">${escapeXml(url.href)}</a:To>`,
      ...back,
      ...(isAnonymous ? [] : [this.#token()]),
    ].join('')
    return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="${ENVELOPE}" xmlns:a="${ADDRESSING}"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  }

  #token(): string {
    const nonce = randomBytes(16)
    const created = new Date(Date.now() + this.skewMs).toISOString()
    const token = this.http.credentials?.reveal((user, password) => {
      const digest = createHash('sha1').update(nonce).update(created).update(password)
      return [
        `<w:Username>${escapeXml(user)}</w:Username>`,
        `<w:Password Type="${DIGEST}">${digest.digest('base64')}</w:Password>`,
        `<w:Nonce EncodingType="${BASE64}">${nonce.toString('base64')}</w:Nonce>`,
        `<u:Created xmlns:u="${WSS}-wssecurity-utility-1.0.xsd">${created}</u:Created>`,
      ].join('')
    })
    if (token === undefined) return ''
    return `<w:Security s:mustUnderstand="1" xmlns:w="${WSS}-wssecurity-secext-1.0.xsd"><w:UsernameToken>${token}</w:UsernameToken></w:Security>`
  }
}
