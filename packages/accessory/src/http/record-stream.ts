import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

import type { RecordOpener, RecordSealer } from '@hksv/hap'

/**
 * The byte stream of a HAP connection as `http.Server` sees it: plain until pair-verify has
 * finished, through the record layer from then on. No second server and no second socket.
 */
export class RecordStream extends Duplex {
  readonly socket: Socket
  #opener: RecordOpener | undefined
  #sealer: RecordSealer | undefined

  constructor(socket: Socket) {
    super({ allowHalfOpen: false })
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => this.push(null))
    socket.on('error', error => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  /** From now on everything that comes is a record: the controller has our M4 or is not honest. */
  openWith(opener: RecordOpener): void {
    this.#opener = opener
  }

  /** From now on everything that goes is a record. Call it when M4 has been written. */
  sealWith(sealer: RecordSealer): void {
    this.#sealer = sealer
  }

  override _read(): void {
    this.socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send(chunk, done)
  }

  /** Head and body of a message leave in one segment where they fit: some peers count on it. */
  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], done: () => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  override _final(done: () => void): void {
    this.socket.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy()
    done(error)
  }

  #send(plain: Buffer, done: () => void): void {
    // An error of the socket arrives by its event and destroys this stream.
    this.socket.write(this.#sealer === undefined ? plain : this.#sealer.seal(plain), () => done())
  }

  #receive(chunk: Buffer): void {
    try {
      const parts = this.#opener === undefined ? [chunk] : this.#opener.open(chunk)
      for (const part of parts) {
        if (part.length > 0 && !this.push(part)) this.socket.pause()
      }
    } catch (cause) {
      // A record that does not hold ends the connection at once and without a word.
      this.destroy(cause instanceof Error ? cause : new Error('record layer', { cause }))
    }
  }
}
