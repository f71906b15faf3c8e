import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** What is done with a chunk that the camera sends. */
export type Pass = (chunk: Buffer, client: Socket, connection: number) => void

/** Stands between a camera and its client, on loopback, and does to the connection what a test says. */
export class TcpProxy implements AsyncDisposable {
  /** Of the camera; new connections go there. */
  port: number
  pass: Pass = (chunk, client) => client.write(chunk)
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #connections = 0

  private constructor(port: number) {
    this.port = port
    this.#server = createServer(client => this.#join(client))
  }

  static async open(port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `rtsp://127.0.0.1:${(this.#server.address() as AddressInfo).port}/cam`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket): void {
    const connection = this.#connections++
    const camera = connect(this.port, '127.0.0.1')
    for (const socket of [client, camera]) {
      this.#sockets.add(socket)
      // Whoever goes away takes the other one along.
      socket.on('error', () => undefined)
      socket.on('close', () => this.#sockets.delete(socket))
    }
    client.pipe(camera)
    camera.on('data', chunk => {
      if (!client.destroyed) this.pass(chunk, client, connection)
    })
    camera.on('close', () => client.destroy())
    client.on('close', () => camera.destroy())
  }
}
