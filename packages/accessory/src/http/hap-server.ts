import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

import {
  type AccessoryIdentity,
  PairSetupAccessory,
  type PairSetupGate,
  PairVerifyAccessory,
  type SrpCredentials,
} from '@hksv/hap'

import { AccessoryError, isAccessoryError } from '../errors.ts'
import { isNodeError } from '../storage/state-file.ts'
import { RecordStream } from './record-stream.ts'
import { type Reply, reasonPhrases } from './reply.ts'
import { type HapRequest, type RouterContext, route } from './router.ts'
import { HapSession } from './session.ts'

/** The largest request: a TLV of pairing, a batch of characteristics. */
const MAX_BODY = 32 * 1024
/** Each hub and each phone of the home holds one connection. */
const MAX_CONNECTIONS = 32
/** A phone that left the home says no goodbye. */
const IDLE_MS = 60_000

const HTTP_OPTIONS = {
  maxHeaderSize: 8 * 1024,
  // HAP connections stay open however long nothing is asked.
  keepAliveTimeout: 0,
  // HAP asks for no Host header, and not every controller sends one.
  requireHostHeader: false,
}

/** The TCP side of the accessory: connections, sessions, HTTP in both directions. */
export class HapServer {
  readonly #context: RouterContext
  readonly #pairing: {
    readonly identity: AccessoryIdentity
    readonly credentials: SrpCredentials
    readonly gate: PairSetupGate
  }
  readonly #sessions = new Map<RecordStream, HapSession>()
  readonly #http = createHttpServer(HTTP_OPTIONS)
  readonly #tcp: Server
  readonly #stopListening: () => void

  constructor(
    context: RouterContext,
    pairing: { identity: AccessoryIdentity; credentials: SrpCredentials; gate: PairSetupGate },
  ) {
    this.#context = context
    this.#pairing = pairing
    this.#tcp = createServer(socket => this.#accept(socket))
    this.#http.on('request', (request, response) => this.#request(request, response))
    this.#http.on('clientError', (_error, stream) => stream.destroy())
    this.#stopListening = context.database.onChange((characteristic, origin) => {
      for (const session of this.#sessions.values()) session.notify(characteristic, origin)
    })
  }

  /** Connections that finished pair-verify. */
  get verifiedSessions(): HapSession[] {
    return [...this.#sessions.values()].filter(({ requester }) => requester !== undefined)
  }

  /**
   * @param port 0 for any free one.
   * @returns The port.
   * @throws AccessoryError `PORT_IN_USE`, `BIND_FAILED`.
   */
  async listen(host: string | undefined, port: number): Promise<number> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#tcp.once('error', reject)
        this.#tcp.listen({ port, ...(host === undefined ? {} : { host }) }, resolve)
      })
    } catch (cause) {
      throw listenError(cause, host, port)
    }
    this.#tcp.on('error', error => this.#context.log.error({ err: error }, 'HAP listener failed'))
    return (this.#tcp.address() as AddressInfo).port
  }

  /** Ends the connections whose pairing is gone. */
  closeUnpairedSessions(): void {
    for (const session of this.verifiedSessions) {
      const { controllerId = '' } = session.requester ?? {}
      if (this.#context.pairings.find(controllerId) === undefined) session.stream.end()
    }
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    this.#stopListening()
    const closed = new Promise<void>(resolve => this.#tcp.close(() => resolve()))
    for (const session of this.#sessions.values()) session.close()
    await closed
  }

  #accept(socket: Socket): void {
    if (this.#sessions.size >= MAX_CONNECTIONS && !this.#makeRoom()) {
      socket.destroy()
      return
    }
    const stream = new RecordStream(socket)
    const { identity, credentials, gate } = this.#pairing
    const { crypto, pairings, now } = this.#context
    const random = (length: number) => crypto.random(length)
    const session = new HapSession({
      stream,
      pairSetup: new PairSetupAccessory({ crypto, identity, credentials, gate, random }),
      pairVerify: new PairVerifyAccessory({
        crypto,
        identity,
        random,
        findPairing: identifier => pairings.find(identifier),
      }),
      now,
    })
    this.#sessions.set(stream, session)
    stream.on('error', error => this.#context.log.debug({ err: error }, 'connection lost'))
    stream.on('close', () => {
      this.#sessions.delete(stream)
      session.close()
    })
    this.#http.emit('connection', stream)
  }

  /**
   * Ends the connection on which nothing was asked for the longest time: of those that did not verify
   * if there is one, otherwise of controllers that are silent for a minute.
   */
  #makeRoom(): boolean {
    const sessions = [...this.#sessions.values()].sort((a, b) => b.idleMs - a.idleMs)
    const stranger = sessions.find(({ requester }) => requester === undefined)
    const leaving = stranger ?? sessions.find(({ idleMs }) => idleMs >= IDLE_MS)
    if (leaving === undefined) return false
    this.#sessions.delete(leaving.stream)
    leaving.close()
    return true
  }

  #request(message: IncomingMessage, response: ServerResponse): void {
    // http.Server was given a RecordStream, and hands the same object on.
    const stream = message.socket as unknown as RecordStream
    const session = this.#sessions.get(stream)
    if (session === undefined) {
      stream.destroy()
      return
    }
    session.enqueue(async () => {
      try {
        const request = await readRequest(message)
        const reply =
          request === undefined
            ? { status: 400, body: '' }
            : await route(this.#context, session, request)
        await sendReply(response, reply)
      } catch (error) {
        const { log } = this.#context
        const isPeersFault = isAccessoryError(error) && error.code === 'REQUEST_TOO_LARGE'
        const text = `${message.method} ${message.url} failed`
        if (isPeersFault || session.signal.aborted) log.debug({ err: error }, text)
        else log.error({ err: error }, text)
        stream.destroy()
      }
    })
  }
}

/** @returns `undefined` for a body without a length. */
async function readRequest(message: IncomingMessage): Promise<HapRequest | undefined> {
  const { method = '', url = '', headers } = message
  const needsLength = method === 'POST' || method === 'PUT'
  const parts: Buffer[] = []
  let length = 0
  for await (const part of message as AsyncIterable<Buffer>) {
    length += part.length
    if (length > MAX_BODY) throw new AccessoryError('REQUEST_TOO_LARGE')
    parts.push(part)
  }
  if (needsLength && headers['content-length'] === undefined) return undefined
  return { method, url, body: Buffer.concat(parts) }
}

/** Resolves when the reply has been handed to the socket, or the connection is gone. */
function sendReply(response: ServerResponse, reply: Reply): Promise<void> {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
  response.sendDate = false
  response.statusCode = reply.status
  const phrase = reasonPhrases[reply.status]
  if (phrase !== undefined) response.statusMessage = phrase
  if (reply.contentType !== undefined) response.setHeader('Content-Type', reply.contentType)
  if (body !== undefined) response.setHeader('Content-Length', body.length)
  response.removeHeader('Connection')
  return new Promise(resolve => {
    response.once('finish', () => {
      reply.sent?.()
      resolve()
    })
    response.once('close', resolve)
    response.end(body)
  })
}

function listenError(cause: unknown, host: string | undefined, port: number): AccessoryError {
  const where = host === undefined ? `port ${port}` : `${host}, port ${port}`
  if (isNodeError(cause) && cause.code === 'EADDRINUSE') {
    return new AccessoryError('PORT_IN_USE', {
      message:
        `Cannot listen on ${where}: it is in use, perhaps by this camera started twice. ` +
        'Stop the other program, or choose another port with --port.',
      cause,
    })
  }
  const why = isNodeError(cause) ? (cause.code ?? cause.message) : String(cause)
  return new AccessoryError('BIND_FAILED', {
    message: `Cannot listen on ${where}: ${why}. Choose an address of this machine with --bind.`,
    cause,
  })
}
