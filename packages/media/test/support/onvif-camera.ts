import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How a camera of some maker is. */
export interface Maker {
  /** Of the envelope and of everything else. */
  readonly prefixes?: readonly [envelope: string, other: string]
  /** What it says its addresses begin with. */
  readonly claims?: string
  /** Where the events are; nowhere when false. */
  readonly capabilities?: boolean
  readonly services?: boolean
  /** Milliseconds by which its clock is ahead. */
  readonly skewMs?: number
  readonly password?: string
  /** Wants HTTP Digest instead of the token. */
  readonly isHttpDigest?: boolean
  /** Goes back to the subscription with each request. */
  readonly subscriptionId?: string
  readonly cannotRenew?: boolean
  /** In the place of an answer to what is named. */
  readonly odd?: Readonly<Record<string, (response: ServerResponse) => void>>
}

/** A camera that speaks ONVIF on loopback. */
export class OnvifCamera {
  /** Names of what was asked, in order. */
  readonly asked: string[] = []
  /** Paths of what was asked. */
  readonly paths: string[] = []
  /** What the next PullMessages answers; each waits until there is one. */
  readonly #pulls: string[] = []
  readonly #maker: Maker
  readonly #server = createServer((request, response) => void this.#take(request, response))
  #waiting: ((body: string) => void) | undefined

  constructor(maker: Maker = {}) {
    this.#maker = maker
  }

  async listen(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  address(credentials = 'user:p%40ss@'): string {
    const { port } = this.#server.address() as AddressInfo
    return `onvif://${credentials}127.0.0.1:${port}`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** Tells of something; a topic with what the maker puts before its parts. */
  tell(topic: string, name: string, value: string, operation = 'Changed', source = 'v1'): void {
    this.answerPull(
      this.#wrap(
        'PullMessagesResponse',
        `<wsnt:NotificationMessage xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"><wsnt:Topic>${topic}</wsnt:Topic>` +
          `<wsnt:Message><tt:Message xmlns:tt="urn:tt" UtcTime="2026-01-01T00:00:00Z" PropertyOperation="${operation}">` +
          `<tt:Source><tt:SimpleItem Name="VideoSource" Value="${source}"/></tt:Source>` +
          `<tt:Data><tt:SimpleItem Name="${name}" Value="${value}"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`,
      ),
    )
  }

  /** The subscription is over. */
  expire(): void {
    this.answerPull(this.#fault('ter:InvalidArgVal', 'the subscription has expired'))
  }

  answerPull(body: string): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) waiting(body)
    else this.#pulls.push(body)
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const name = /<s:Body><\w+:(\w+)/.exec(text)?.[1] ?? ''
    if (this.#isUnknown(name, request, text)) {
      if (!this.#maker.isHttpDigest) {
        response.writeHead(400).end(this.#fault('ter:NotAuthorized', 'Sender not Authorized'))
        return
      }
      const challenge = 'Digest realm="onvif", nonce="n", qop="auth"'
      response.writeHead(401, { 'www-authenticate': challenge }).end()
      return
    }
    this.asked.push(name)
    this.paths.push(request.url ?? '')
    const odd = this.#maker.odd?.[name]
    if (odd) return odd(response)
    const id = this.#maker.subscriptionId
    const isLost = /^(?:Pull|Renew|Unsub)/.test(name) && id !== undefined
    if (isLost && !new RegExp(`<p:Id [^>]*>${id}</p:Id>`).test(text))
      return void response.writeHead(500).end(this.#fault('ter:NoSuch', 'which subscription?'))
    const body = await this.#answer(name)
    response.writeHead(/Fault>/.test(body) ? 500 : 200).end(body)
  }

  #isUnknown(name: string, request: IncomingMessage, text: string): boolean {
    const { password = 'p@ss', isHttpDigest, skewMs = 0 } = this.#maker
    if (name === 'GetSystemDateAndTime') return false
    const hash = (type: string, data: string) => createHash(type).update(data).digest('hex')
    if (isHttpDigest) {
      const { authorization = '' } = request.headers
      const part = (of: string) => new RegExp(`\\b${of}="?([^",]*)"?`).exec(authorization)?.[1]
      const key = hash('md5', `user:onvif:${password}`)
      const what = hash('md5', `POST:${request.url}`)
      const proof = `${key}:n:${part('nc')}:${part('cnonce')}:auth:${what}`
      return part('response') !== hash('md5', proof)
    }
    const part = (of: string) => new RegExp(`<\\w:${of}(?: [^>]*)?>([^<]*)`).exec(text)?.[1] ?? ''
    const created = part('Created')
    const digest = createHash('sha1')
      .update(Buffer.from(part('Nonce'), 'base64'))
      .update(created + password)
      .digest('base64')
    const isLate = !(Math.abs(Date.parse(created) - Date.now() - skewMs) < 10_000)
    return isLate || part('Username') !== 'user' || part('Password') !== digest
  }

  #answer(name: string): string | Promise<string> {
    const { claims = this.address('').replace('onvif', 'http'), subscriptionId } = this.#maker
    const { capabilities = true, services = true, skewMs = 0, cannotRenew } = this.#maker
    const [, p] = this.#maker.prefixes ?? ['SOAP-ENV', 'tt']
    const el = (tag: string, inner: string | number) => `<${p}:${tag}>${inner}</${p}:${tag}>`
    const events = 'http://www.onvif.org/ver10/events/wsdl'
    switch (name) {
      case 'GetSystemDateAndTime': {
        const now = new Date(Date.now() + skewMs)
        const time =
          el('Hour', now.getUTCHours()) +
          el('Minute', now.getUTCMinutes()) +
          el('Second', now.getUTCSeconds())
        const date =
          el('Year', now.getUTCFullYear()) +
          el('Month', now.getUTCMonth() + 1) +
          el('Day', now.getUTCDate())
        return this.#wrap(`${name}Response`, el('UTCDateTime', el('Time', time) + el('Date', date)))
      }
      case 'GetCapabilities': {
        const inner = el('Events', el('XAddr', `${claims}/onvif/Events`))
        return this.#wrap(`${name}Response`, el('Capabilities', capabilities ? inner : ''))
      }
      case 'GetServices': {
        const inner = el('Namespace', events) + el('XAddr', `${claims}/onvif/Events`)
        return this.#wrap(`${name}Response`, services ? el('Service', inner) : '')
      }
      case 'CreatePullPointSubscription': {
        const id = `<x:Id xmlns:x="urn:maker">${subscriptionId}</x:Id>`
        const reference =
          el('Address', `${claims}/onvif/Subscription?Idx=1`) +
          (subscriptionId === undefined ? '' : el('ReferenceParameters', id))
        return this.#wrap(`${name}Response`, el('SubscriptionReference', reference))
      }
      case 'PullMessages': {
        const ready = this.#pulls.shift()
        if (ready !== undefined) return ready
        return new Promise(resolve => {
          this.#waiting = resolve
        })
      }
      case 'Renew':
        return cannotRenew ? this.#fault('ter:ActionNotSupported', 'no') : this.#wrap(name, '')
      default:
        return this.#wrap(`${name}Response`, '')
    }
  }

  #wrap(name: string, inner: string): string {
    const [s, p] = this.#maker.prefixes ?? ['SOAP-ENV', 'tt']
    return `<?xml version="1.0"?><${s}:Envelope xmlns:${s}="http://www.w3.org/2003/05/soap-envelope" xmlns:${p}="urn:any"><${s}:Body><${p}:${name}>${inner}</${p}:${name}></${s}:Body></${s}:Envelope>`
  }

  #fault(code: string, reason: string): string {
    const s = 'env'
    const value = `<${s}:Value>${s}:Sender</${s}:Value><${s}:Subcode><${s}:Value>${code}</${s}:Value></${s}:Subcode>`
    return `<${s}:Envelope xmlns:${s}="http://www.w3.org/2003/05/soap-envelope"><${s}:Body><${s}:Fault><${s}:Code>${value}</${s}:Code><${s}:Reason><${s}:Text>${reason}</${s}:Text></${s}:Reason></${s}:Fault></${s}:Body></${s}:Envelope>`
  }
}
