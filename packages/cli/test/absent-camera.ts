import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** A key frame with its parameter sets: all that it takes to be described. */
const sets = ['Z0LACtoUH6EAAAMAAQAAAwAehA==', 'aM4PyA==']
const slice = Uint8Array.of(0x65, 0x88, 0x84, 0x21)

/** An RTSP camera that is there, or not, always at the same address. It shows a key frame thirty times. */
export class AbsentCamera implements AsyncDisposable {
  readonly #port: number
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  private constructor(port: number) {
    this.#port = port
  }

  static async reserve(): Promise<AbsentCamera> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    return new AbsentCamera(port)
  }

  get url(): string {
    return `rtsp://user:secret@127.0.0.1:${this.#port}/cam?password=secret2`
  }

  /** @param status - The answer to DESCRIBE; 200 unless given. */
  async appear(status = 200): Promise<void> {
    const server = createServer(socket => this.#serve(socket, status))
    this.#server = server
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
  }

  async vanish(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    const server = this.#server
    this.#server = undefined
    server?.close()
    if (server !== undefined) await once(server, 'close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vanish()
  }

  #serve(socket: Socket, status: number): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => undefined)
    let text = ''
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const asked = text.slice(0, end)
        text = text.slice(end + 4)
        this.#answer(socket, asked, status)
      }
    })
  }

  #answer(socket: Socket, asked: string, status: number): void {
    const [method = ''] = asked.split(' ')
    const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(asked)?.[1] ?? ''
    const isRefused = method === 'DESCRIBE' && status !== 200
    const body = method === 'DESCRIBE' && !isRefused ? sdp() : ''
    const lines = [
      `RTSP/1.0 ${isRefused ? status : 200} Whatever`,
      `CSeq: ${header('CSeq')}`,
      ...(isRefused && status === 401 ? ['WWW-Authenticate: Basic realm="cam"'] : []),
      ...(method === 'SETUP' ? [`Transport: ${header('Transport')}`, 'Session: 1;timeout=60'] : []),
      `Content-Length: ${body.length}`,
    ]
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
    if (method === 'PLAY') play(socket)
  }
}

function sdp(): string {
  const fmtp = `packetization-mode=1;sprop-parameter-sets=${sets.join(',')}`
  return `v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 ${fmtp}\r\na=control:track1\r\n`
}

/** A second of it is enough to be described. */
function play(socket: Socket): void {
  for (let i = 0; i < 30; i++) {
    const head = Buffer.of(0x24, 0, 0, 12 + slice.length)
    const rtp = Buffer.alloc(12)
    rtp.set([0x80, 0xe0])
    rtp.writeUInt16BE(i, 2)
    rtp.writeUInt32BE(i * 3000, 4)
    rtp.writeUInt32BE(7, 8)
    socket.write(Buffer.concat([head, rtp, slice]))
  }
}
