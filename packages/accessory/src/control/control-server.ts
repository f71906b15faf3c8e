import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { AccessoryError } from '../errors.ts'
import { type Answer, type ControlRequest, failed } from './control-routes.ts'

const MAX_BODY = 4096

type Answering = (request: ControlRequest) => Answer | Promise<Answer>

/**
 * The HTTP API for whatever sees motion, and for scripts: on the loopback for everyone on the
 * machine, elsewhere only with a token.
 */
export class ControlServer {
  readonly #answers: Answering
  readonly #token: string | undefined
  readonly #http: Server

  constructor(answers: Answering, token: string | undefined) {
    this.#answers = answers
    this.#token = token
    this.#http = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 })
    this.#http.on('request', (request, response) => {
      this.#answer(request)
        .catch((error: unknown) => ({
          status: 503,
          body: { error: error instanceof Error ? error.message : 'failed' },
        }))
        .then(answer => send(response, answer))
        .catch(() => response.destroy())
    })
  }

  /**
   * @returns The URL to call.
   * @throws AccessoryError `OPTION_INVALID` for an address beyond the loopback without a token,
   * `PORT_IN_USE`, `BIND_FAILED`.
   */
  async listen(host: string, port: number): Promise<string> {
    if (!isLoopback(host) && this.#token === undefined) {
      throw new AccessoryError('OPTION_INVALID', {
        message:
          `The control API on ${host} can be reached by others and needs a token: set ` +
          'HKSV_CONTROL_TOKEN, or bind it to 127.0.0.1.',
      })
    }
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', (cause: NodeJS.ErrnoException) => {
        const isInUse = cause.code === 'EADDRINUSE'
        const message = isInUse
          ? `The control API cannot listen on ${host}, port ${port}: it is in use. Choose another with --control.`
          : `The control API cannot listen on ${host}, port ${port}: ${cause.code}. Choose another with --control.`
        reject(new AccessoryError(isInUse ? 'PORT_IN_USE' : 'BIND_FAILED', { message, cause }))
      })
      this.#http.listen({ host, port }, resolve)
    })
    const address = this.#http.address() as AddressInfo
    const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
    return `http://${name}:${address.port}`
  }

  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#http.close(() => resolve()))
    this.#http.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (!this.#isAllowed(request)) return failed(401, 'a valid token is needed')
    const { method = '', url = '/' } = request
    const { pathname: path, searchParams: query } = new URL(url, 'http://control')
    const body = await readBody(request)
    if (body === undefined) return failed(413, 'the body is too large')
    return this.#answers({ method, path, query, body })
  }

  #isAllowed({ headers }: IncomingMessage): boolean {
    if (this.#token !== undefined) {
      const given = Buffer.from(headers.authorization ?? '')
      const wanted = Buffer.from(`Bearer ${this.#token}`)
      return given.length === wanted.length && timingSafeEqual(given, wanted)
    }
    // A page in a browser may reach the loopback, under a name of its own or with an origin.
    return headers.origin === undefined && isLoopback(hostName(headers.host ?? ''))
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length > MAX_BODY) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function send(response: ServerResponse, { status, body, contentType }: Answer): void {
  const isMade = typeof body === 'string' || body instanceof Uint8Array
  const bytes = Buffer.from(isMade ? body : `${JSON.stringify(body)}\n`)
  response.writeHead(status, {
    'Content-Type': contentType ?? 'application/json',
    'Content-Length': bytes.length,
    'Cache-Control': 'no-store',
  })
  response.end(bytes)
}

/** The name in a Host header, without its port. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
