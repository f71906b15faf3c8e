import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

const host = '127.0.0.1'
const transport = 'transport:'

/**
 * What is done with a datagram of the camera.
 * @param send - Hands one to the client.
 * @param session - Which of all tracks that were set up, from 0.
 */
export type PassDatagram = (packet: Uint8Array, send: Send, session: number) => void
type Send = (packet: Uint8Array) => void

/**
 * Stands between a camera that sends over UDP and its client, on loopback: says ports of its own in
 * SETUP, and does to what comes there what a test says. RTCP of the client goes straight to the camera.
 */
export class UdpProxy implements AsyncDisposable {
  /** Of the camera; new connections go there. */
  port: number
  /** Of RTP alone; RTCP is passed on as it comes. */
  pass: PassDatagram = (packet, send) => send(packet)
  readonly #server: Server
  readonly #connections = new Set<Socket>()
  readonly #ports = new Set<UdpSocket>()
  #sessions = 0
  readonly #written = new WeakMap<Socket, Promise<void>>()

  private constructor(port: number) {
    this.port = port
    this.#server = createServer(client => void this.#join(client))
  }

  static async open(port: number): Promise<UdpProxy> {
    const proxy = new UdpProxy(port)
    proxy.#server.listen(0, host)
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** How many tracks have been set up. */
  get sessions(): number {
    return this.#sessions
  }

  get url(): string {
    return `rtspu://${host}:${(this.#server.address() as AddressInfo).port}/cam`
  }

  /** Breaks off all connections of RTSP; new ones are taken. */
  cut(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    for (const port of this.#ports) port.close()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #join(client: Socket): Promise<void> {
    const camera = connect(this.port, host)
    for (const socket of [client, camera]) {
      this.#connections.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => this.#connections.delete(socket))
    }
    camera.pipe(client)
    camera.on('close', () => client.destroy())
    client.on('close', () => camera.destroy())
    let rest = ''
    // Our client writes requests whole, but nobody promised that.
    client.on('data', chunk => {
      rest += chunk.toString('latin1')
      for (let end = rest.indexOf('\n') + 1; end > 0; end = rest.indexOf('\n') + 1) {
        const line = rest.slice(0, end)
        rest = rest.slice(end)
        this.#queue(camera, line)
      }
    })
  }

  /** Lines go on in order, also those that wait for ports. */
  #queue(camera: Socket, line: string): void {
    const before = this.#written.get(camera) ?? Promise.resolve()
    const done = before.then(async () => {
      const text = line.toLowerCase().startsWith(transport) ? await this.#rewritten(line) : line
      camera.write(text, 'latin1')
    })
    this.#written.set(camera, done)
  }

  async #rewritten(line: string): Promise<string> {
    const [, rtp = '', rtcp = ''] = /client_port=(\d+)-(\d+)/.exec(line) ?? []
    const session = this.#sessions++
    const own = [await this.#bind(), await this.#bind()] as const
    for (const [i, port] of own.entries()) {
      const send: Send = packet => port.send(packet, Number(i === 0 ? rtp : rtcp), host)
      port.on('message', packet => {
        if (i === 0) this.pass(packet, send, session)
        else send(packet)
      })
    }
    return line.replace(/client_port=\d+-\d+/, `client_port=${own.map(portOf).join('-')}`)
  }

  async #bind(): Promise<UdpSocket> {
    const port = createSocket('udp4')
    this.#ports.add(port)
    port.on('error', () => undefined)
    port.bind(0, host)
    await once(port, 'listening')
    return port
  }
}

function portOf(socket: UdpSocket): number {
  return socket.address().port
}
