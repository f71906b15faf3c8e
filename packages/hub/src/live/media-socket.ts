import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'

import { HubError } from '../errors.ts'

/** A key frame comes at once; what the kernel has no room for is lost. */
const RECEIVE_BUFFER_BYTES = 2 ** 20

/** The UDP port of one track: it hears the camera alone. */
export class MediaSocket {
  readonly #socket: Socket
  readonly #scope: string
  #peer: { readonly address: string; readonly port: number } | undefined
  #isClosed = false

  private constructor(socket: Socket, scope: string) {
    this.#socket = socket
    this.#scope = scope
  }

  /**
   * Opens any free port.
   *
   * @param localAddress Of the connection to the camera, with its scope where it has one.
   * @throws HubError `HUB_LIVE_REFUSED` when there is none.
   */
  static async open(localAddress: string): Promise<MediaSocket> {
    const type = isIPv6(localAddress) ? 'udp6' : 'udp4'
    const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES })
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.bind({ address: localAddress, port: 0, exclusive: true }, () => {
          socket.off('error', reject)
          resolve()
        })
      })
    } catch (cause) {
      socket.close()
      throw new HubError('HUB_LIVE_REFUSED', {
        message: `No port for a live view can be opened at ${localAddress}. Look at the limits of this machine.`,
        cause,
      })
    }
    // What cannot be sent is lost, as any datagram may be.
    socket.on('error', () => undefined)
    const [, scope] = localAddress.split('%')
    return new MediaSocket(socket, scope === undefined ? '' : `%${scope}`)
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Sets who is at the other side, as it announced it: without a scope. */
  setPeer(address: string, port: number): void {
    this.#peer = { address, port }
  }

  /** Takes what comes from the address of the other side. Whose it is, its tag or SSRC proves. */
  listen(receive: (bytes: Uint8Array) => void): void {
    this.#socket.on('message', (bytes, { address }) => {
      const [from = ''] = address.split('%')
      if (from === this.#peer?.address) receive(bytes)
    })
  }

  send(bytes: Uint8Array): void {
    if (this.#isClosed || this.#peer === undefined) return
    const { address, port } = this.#peer
    const scope = /^fe[89ab]/i.test(address) ? this.#scope : ''
    this.#socket.send(bytes, port, `${address}${scope}`, () => undefined)
  }

  /** Lets what was sent leave, then closes the port. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    this.#isClosed = true
    this.#socket.removeAllListeners('message')
    // The handle takes its datagrams in order: what was given to it before is sent.
    return new Promise(resolve => {
      setImmediate(() => this.#socket.close(() => resolve()))
    })
  }
}
