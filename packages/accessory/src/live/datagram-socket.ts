import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'

/** Where datagrams go, and the only place they are taken from. */
export interface DatagramPeer {
  /** Without a scope. */
  readonly address: string
  readonly port: number
}

/** Sound and reports of a viewer are a hundred; what floods is dropped before anything is opened. */
const MOST_PER_SECOND = 1000

/** A UDP socket that talks to one address alone. */
export class DatagramSocket {
  readonly #socket: Socket
  readonly #peer: DatagramPeer
  readonly #scope: string
  #isClosed = false

  private constructor(socket: Socket, peer: DatagramPeer, scope: string) {
    this.#socket = socket
    this.#peer = peer
    this.#scope = scope
  }

  /**
   * Opens any free port of a local address, which may have a scope.
   *
   * @throws the error of the operating system
   */
  static async open(localAddress: string, peer: DatagramPeer): Promise<DatagramSocket> {
    const socket = createSocket({ type: isIPv6(localAddress) ? 'udp6' : 'udp4', lookup })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address: localAddress, port: 0, exclusive: true }, () => {
        socket.off('error', reject)
        resolve()
      })
    }).catch((error: unknown) => {
      socket.close()
      throw error
    })
    const [, scope] = localAddress.split('%')
    const isLinkLocal = /^fe[89ab]/i.test(peer.address)
    return new DatagramSocket(socket, peer, scope !== undefined && isLinkLocal ? `%${scope}` : '')
  }

  get port(): number {
    return this.#socket.address().port
  }

  /**
   * Takes what comes from the peer's address. Its port may be another than announced, behind NAT; who
   * sent it is then proven by the packet's tag.
   */
  listen(receive: (bytes: Uint8Array) => void): void {
    // Nobody listens there any more: what follows from that is decided by the time without RTCP.
    this.#socket.on('error', () => undefined)
    let [second, count] = [0, 0]
    this.#socket.on('message', (bytes, { address }) => {
      if (withoutScope(address) !== this.#peer.address) return
      const now = Math.floor(performance.now() / 1000)
      if (now !== second) [second, count] = [now, 0]
      if (++count <= MOST_PER_SECOND) receive(bytes)
    })
  }

  /** Datagrams may be lost, and so may this one. */
  send(bytes: Uint8Array): void {
    const { address, port } = this.#peer
    if (!this.#isClosed) this.#socket.send(bytes, port, `${address}${this.#scope}`, () => undefined)
  }

  /** Lets what was sent leave, then closes the port. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.removeAllListeners('message')
    // The handle takes its datagrams in order: what was given to it before is sent.
    setImmediate(() => this.#socket.close())
  }
}

/** @returns An address without its scope; IPv4 that came over an IPv6 socket as IPv4. */
export function withoutScope(address: string): string {
  const [plain = ''] = address.split('%')
  return plain.replace(/^::ffff:(?=\d+\.)/i, '')
}

/** The peer's address is one already; asking the resolver costs as much as sealing a packet. */
function lookup(
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, isIPv6(address) ? 6 : 4)
}
