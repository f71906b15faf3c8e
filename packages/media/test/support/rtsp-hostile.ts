import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type Asked, readRequest } from './rtsp-camera.ts'
import { certificate, privateKey } from './rtsp-certificate.ts'

/** What a camera does with a request, or (without one) with a new connection. */
export type Behaviour = (socket: Socket, asked: Asked | undefined) => void

/** A camera on a port of loopback that does what it likes. */
export class HostileCamera implements AsyncDisposable {
  readonly asked: Asked[] = []
  readonly #server: ReturnType<typeof createTcpServer>
  readonly #sockets = new Set<Socket>()
  readonly #isSecure: boolean

  private constructor(behaviour: Behaviour, isSecure: boolean) {
    this.#isSecure = isSecure
    const serve = (socket: Socket) => this.#serve(socket, behaviour)
    this.#server = isSecure
      ? createTlsServer({ cert: certificate, key: privateKey }, serve)
      : createTcpServer(serve)
  }

  static async open(behaviour: Behaviour, isSecure = false): Promise<HostileCamera> {
    const camera = new HostileCamera(behaviour, isSecure)
    camera.#server.listen(0, '127.0.0.1')
    await once(camera.#server, 'listening')
    return camera
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `${this.#isSecure ? 'rtsps' : 'rtsp'}://127.0.0.1:${port}/cam`
  }

  get methods(): string[] {
    return this.asked.map(({ method }) => method)
  }

  /** Resolves when nobody is connected any more. */
  async empty(): Promise<void> {
    for (const socket of this.#sockets) await once(socket, 'close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket, behaviour: Behaviour): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    // The client may be gone: that is what is tested.
    socket.on('error', () => undefined)
    let text = ''
    socket.on('data', bytes => {
      text += Buffer.from(bytes).toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const asked = readRequest(Buffer.from(text.slice(0, end), 'latin1'))
        text = text.slice(end + 4)
        this.asked.push(asked)
        behaviour(socket, asked)
      }
    })
    behaviour(socket, undefined)
  }
}
