import type { Socket } from 'node:net'

import {
  type HttpRequest,
  HttpRequestParser,
  type RecordOpener,
  type RecordSealer,
} from '@hksv/hap'

import { encodeReply, type Reply } from './reply.ts'

/** A request takes no longer than this from its first byte to its last. */
const REQUEST_MS = 10_000
/** A peer that takes none of our bytes for this long is gone. */
const STALL_MS = 30_000
/** A peer that was told goodbye has this long to say it as well. */
const GOODBYE_MS = 5000
/** What is read ahead while a request is under way, in bytes. */
const MAX_AHEAD = 64 * 1024

/** What a connection asks of its owner. */
export interface ConnectionOwner {
  /** Answers a request. When it rejects, the connection ends without an answer. */
  answer(request: HttpRequest): Reply | Promise<Reply>
  /** Nothing is under way: an event may be written. */
  idle(): void
  /** The socket is closed; `error` is why, if it was not the peer's wish. */
  closed(error: Error | undefined): void
}

/**
 * The TCP connection of a controller: requests in, one at a time and in order, answers out, plain
 * until pair-verify has finished, in records from then on.
 */
export class HapConnection {
  readonly #socket: Socket
  readonly #owner: ConnectionOwner
  readonly #parser = new HttpRequestParser()
  #opener: RecordOpener | undefined
  #sealer: RecordSealer | undefined
  /** What has come and was not parsed, opened if there is an opener. */
  #input: Uint8Array[] = []
  #inputLength = 0
  #isAnswering = false
  /** Nothing more is read, by its wish or ours; what it asked before is still answered. */
  #hasEnded = false
  #isDeaf = false
  #requestTimer: NodeJS.Timeout | undefined
  #error: Error | undefined

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket
    this.#owner = owner
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => {
      this.#hasEnded = true
      this.#proceed()
    })
    socket.on('drain', () => {
      if (!this.isBusy) owner.idle()
    })
    socket.on('error', error => {
      this.#error ??= error
    })
    socket.on('close', () => {
      clearTimeout(this.#requestTimer)
      this.#input = []
      owner.closed(this.#error)
    })
  }

  /** The address of ours that the peer talks to. */
  get localAddress(): string {
    return this.#socket.localAddress ?? ''
  }

  /** Whether a request is being received or answered: no event may stand in between. */
  get isBusy(): boolean {
    return this.#isAnswering || this.#parser.isWithin || this.#input.length > 0
  }

  /** Whether the peer reads less than we write: what can wait should. */
  get isCongested(): boolean {
    return this.#socket.writableNeedDrain
  }

  /**
   * From now on everything in both directions is records. What has come behind the last request is
   * one as well.
   */
  secure(opener: RecordOpener, sealer: RecordSealer): void {
    const ahead = this.#input
    this.#input = []
    this.#inputLength = 0
    this.#opener = opener
    this.#sealer = sealer
    for (const bytes of ahead) this.#take(bytes)
  }

  /** Writes a whole message. */
  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(this.#sealer?.seal(bytes) ?? bytes)
  }

  /** Ends the connection once the request under way is answered; no other is heard. */
  end(): void {
    this.#isDeaf = true
    this.#hasEnded = true
    this.#input = []
    this.#proceed()
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    try {
      this.#take(chunk)
    } catch (error) {
      // A record that does not hold ends the connection at once and without a word.
      this.#fail(error)
      return
    }
    this.#proceed()
  }

  #take(bytes: Uint8Array): void {
    for (const part of this.#opener?.open(bytes) ?? [bytes]) {
      if (part.length === 0 || this.#isDeaf) continue
      this.#input.push(part)
      this.#inputLength += part.length
    }
    if (this.#inputLength > MAX_AHEAD) this.#socket.pause()
  }

  /** Goes on with the next request, unless one is under way. */
  #proceed(): void {
    if (this.#isAnswering || this.#socket.destroyed) return
    for (let request = this.#next(); request !== undefined; request = this.#next()) {
      if (!this.#answer(request)) return
    }
    if (this.#socket.destroyed) return
    if (this.#hasEnded) this.#sayGoodbye()
    else {
      if (this.#socket.isPaused()) this.#socket.resume()
      if (!this.isBusy) this.#owner.idle()
    }
  }

  #sayGoodbye(): void {
    const socket = this.#socket
    if (socket.writableEnded) return
    socket.end()
    socket.resume()
    const timer = setTimeout(() => socket.destroy(), GOODBYE_MS)
    socket.on('close', () => clearTimeout(timer))
  }

  #next(): HttpRequest | undefined {
    try {
      for (;;) {
        const [part] = this.#input
        if (part === undefined) break
        const length = this.#parser.receive(part)
        this.#inputLength -= length
        if (length === part.length) this.#input.shift()
        else this.#input[0] = part.subarray(length)
        const request = this.#parser.take()
        if (request === undefined) continue
        this.#expectRest(false)
        return request
      }
    } catch (error) {
      this.#fail(error)
      return undefined
    }
    this.#expectRest(this.#parser.isWithin)
    return undefined
  }

  /** Runs the clock while a request has begun and is not complete. */
  #expectRest(isWithin: boolean): void {
    if (!isWithin) {
      clearTimeout(this.#requestTimer)
      this.#requestTimer = undefined
      return
    }
    this.#requestTimer ??= setTimeout(() => this.#socket.destroy(), REQUEST_MS)
  }

  /** @returns Whether the next request may be looked at; otherwise that happens by itself. */
  #answer(request: HttpRequest): boolean {
    this.#isAnswering = true
    try {
      const reply = this.#owner.answer(request)
      if (!(reply instanceof Promise)) return this.#send(reply)
      reply
        .then(late => {
          if (this.#send(late)) this.#proceed()
        })
        .catch((error: unknown) => this.#fail(error))
    } catch (error) {
      this.#fail(error)
    }
    return false
  }

  /** @returns Whether the peer has room for more; otherwise it goes on by itself. */
  #send(reply: Reply): boolean {
    this.write(encodeReply(reply))
    reply.sent?.()
    this.#isAnswering = this.isCongested
    if (!this.#isAnswering) return true
    void this.#drained().then(() => {
      this.#isAnswering = false
      this.#proceed()
    })
    return false
  }

  /** Resolves when the peer has taken what was written, or is gone. */
  #drained(): Promise<void> {
    const socket = this.#socket
    return new Promise(resolve => {
      const timer = setTimeout(() => socket.destroy(), STALL_MS)
      const done = () => {
        clearTimeout(timer)
        socket.off('drain', done)
        socket.off('close', done)
        resolve()
      }
      socket.on('drain', done)
      socket.on('close', done)
    })
  }

  #fail(error: unknown): void {
    this.#error ??=
      error instanceof Error ? error : new Error('the request failed', { cause: error })
    this.#socket.destroy()
  }
}
