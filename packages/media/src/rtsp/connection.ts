import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'

import { MediaError } from '../errors.ts'
import { parseRtspAddress, type RtspAddress } from './address.ts'
import { openSocket, type RtspTlsOptions } from './connect.ts'
import { deferred } from './deferred.ts'
import { RtspSession } from './session.ts'
import type { PlayingTrack, RtspEvent, RtspSessionOptions, RtspTrack } from './session-types.ts'
import { bindUdpPair, type UdpPair } from './udp-pair.ts'

/** What an {@link RtspConnection} can be told. */
export interface RtspConnectionOptions extends Omit<RtspSessionOptions, 'address' | 'random'> {
  /** Ends the connection, whatever it does. */
  readonly signal?: AbortSignal
  /** For `rtsps:`. */
  readonly tls?: RtspTlsOptions
}

/**
 * Takes a packet of RTP or RTCP of one track.
 * @param bytes - Over UDP it stays as it is; over TCP it is a view that is valid for the call.
 * @param now - When it came, in ms of `performance.now()`.
 */
export type PacketHandler = (bytes: Uint8Array, now: number) => void

/** Bytes that the camera has not read; it reads some hundred a minute. */
const MAX_UNSENT = 256 * 1024
const GOODBYE_MS = 1000

/**
 * A connection to a camera. It is not made again when it ends: whoever wants that opens another one.
 *
 * @example
 * ```ts
 * await using camera = await RtspConnection.open('rtsp://user:password@10.0.0.7/stream1', { signal })
 * await camera.play((track, index) => {
 *   const receiver = new RtpReceiver({ format: track.format, transport: track.transport.type, ssrc: 1 })
 *   return (bytes, now) => {
 *     for (const event of receiver.receive(bytes, now)) handle(event)
 *     const report = receiver.take()
 *     if (report !== undefined) camera.sendRtcp(index, report)
 *   }
 * })
 * await camera.ended
 * ```
 */
export class RtspConnection implements AsyncDisposable {
  /** Resolves when the connection was closed; rejects with a {@link MediaError} when it ended otherwise. */
  readonly ended: Promise<void>
  readonly #address: RtspAddress
  readonly #options: RtspConnectionOptions
  readonly #session: RtspSession
  readonly #ready = deferred()
  readonly #playing = deferred()
  readonly #end = deferred()
  /** Aborts what is under way when the connection is over. */
  readonly #over = new AbortController()
  /** The same; asked for each packet, which the signal is too slow for. */
  #isOver = false
  readonly #pairs: UdpPair[] = []
  #socket: Socket | undefined
  /** Tells the connection that is in use from those that were given up. */
  #attempt: object | undefined
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #tracks: readonly RtspTrack[] = []
  #handlerOf: ((track: PlayingTrack, index: number) => PacketHandler) | undefined
  #handlers: readonly PacketHandler[] = []

  private constructor(address: RtspAddress, options: RtspConnectionOptions) {
    this.#address = address
    this.#options = options
    this.ended = this.#end.promise
    const random = (length: number) => new Uint8Array(randomBytes(length))
    this.#session = new RtspSession({ ...options, address, random }, performance.now())
  }

  /**
   * Connects, asks what there is, and sets up one track of video and at most one of audio.
   * @param address - As {@link parseRtspAddress} takes it.
   * @throws MediaError MEDIA_RTSP_ADDRESS, MEDIA_RTSP_UNREACHABLE, MEDIA_RTSP_CERTIFICATE,
   * MEDIA_RTSP_AUTH, MEDIA_RTSP_REFUSED, MEDIA_RTSP_NO_VIDEO, MEDIA_RTSP_PROTOCOL,
   * MEDIA_RTSP_TIMEOUT, MEDIA_RTSP_ENDED; the reason of the signal when that aborts.
   */
  static async open(
    address: string | RtspAddress,
    options: RtspConnectionOptions = {},
  ): Promise<RtspConnection> {
    const { signal } = options
    signal?.throwIfAborted()
    const parsed = typeof address === 'string' ? parseRtspAddress(address) : address
    const connection = new RtspConnection(parsed, options)
    const abort = () => connection.#abort(signal?.reason)
    signal?.addEventListener('abort', abort)
    connection.#over.signal.addEventListener('abort', () =>
      signal?.removeEventListener('abort', abort),
    )
    connection.#connect(parsed)
    connection.#arm()
    await connection.#ready.promise
    return connection
  }

  /** What was set up: the video, then the audio if there is any. */
  get tracks(): readonly RtspTrack[] {
    return this.#tracks
  }

  /**
   * Lets the camera begin.
   * @param handlerOf - Is called for each track, in front of its first packet.
   * @throws MediaError As {@link RtspConnection.ended}; MEDIA_CLOSED when it is closed before.
   * @throws TypeError when it was called before and goes on.
   */
  async play(handlerOf: (track: PlayingTrack, index: number) => PacketHandler): Promise<void> {
    this.#over.signal.throwIfAborted()
    const events = this.#session.send({ type: 'play' }, performance.now())
    this.#handlerOf = handlerOf
    this.#do(events)
    await this.#playing.promise
  }

  /** Sends a packet of RTCP for a track, if the camera said where to. */
  sendRtcp(track: number, bytes: Uint8Array): void {
    const transport = this.#tracks[track]?.transport
    if (this.#isOver || transport === undefined) return
    if (transport.type === 'tcp')
      this.#do(this.#session.send({ type: 'rtcp', track, bytes }, performance.now()))
    else if (transport.server !== undefined)
      this.#pairs[track]?.send(bytes, true, transport.server.rtcpPort)
  }

  /** Says goodbye, for which the camera has a second. */
  async close(): Promise<void> {
    this.#handlers = []
    this.#do(this.#session.send({ type: 'close' }, performance.now()))
    // How it ended does not matter any more.
    await this.ended.catch(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #abort(reason: unknown): void {
    this.#ready.reject(reason)
    this.#playing.reject(reason)
    void this.close()
  }

  #connect(address: RtspAddress): void {
    const old = this.#socket
    this.#socket = undefined
    old?.destroy()
    const attempt = {}
    this.#attempt = attempt
    const { tls = {} } = this.#options
    const onBytes = (bytes: Uint8Array) => {
      // What comes over a connection that was given up is of no use.
      if (attempt !== this.#attempt) return
      const now = performance.now()
      this.#do(this.#session.receive(bytes, now), now)
    }
    openSocket(address, { tls, onBytes }, this.#over.signal).then(
      socket => this.#connected(socket),
      (error: unknown) => this.#fail(error),
    )
  }

  #connected(socket: Socket): void {
    if (this.#isOver) {
      socket.destroy()
      return
    }
    this.#socket = socket
    // What the system says of the connection is followed by its end.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (socket !== this.#socket) return
      this.#do(this.#session.send({ type: 'disconnected' }, performance.now()))
    })
    this.#do(this.#session.send({ type: 'connected' }, performance.now()))
  }

  /** Does what the session says. */
  #do(events: readonly RtspEvent[], now = performance.now()): void {
    if (this.#isOver) return
    try {
      for (const event of events) this.#act(event, now)
      this.#write()
    } catch (error) {
      // Of a handler: there is no way to go on.
      this.#fail(error)
    }
    this.#arm()
  }

  #act(event: RtspEvent, now: number): void {
    switch (event.type) {
      case 'packet':
        this.#handlers[event.track]?.(event.bytes, now)
        break
      case 'connect':
        this.#connect(event.address)
        break
      case 'bind':
        void this.#bind(event.track)
        break
      case 'ready':
        this.#tracks = event.tracks
        this.#punch()
        this.#ready.resolve()
        break
      case 'playing':
        this.#handlers = event.tracks.map(
          (track, i) => this.#handlerOf?.(track, i) ?? (() => undefined),
        )
        this.#playing.resolve()
        break
      case 'closed':
        this.#finish(new MediaError('MEDIA_CLOSED', { source: this.#address.url }))
        break
      case 'failed':
        this.#fail(event.error)
    }
  }

  #write(): void {
    const socket = this.#socket
    for (let bytes = this.#session.take(); bytes; bytes = this.#session.take()) socket?.write(bytes)
    if ((socket?.writableLength ?? 0) <= MAX_UNSENT) return
    const detail = 'it reads nothing of what we send'
    this.#fail(new MediaError('MEDIA_RTSP_TIMEOUT', { source: this.#address.url, detail }))
  }

  /** One timer, which is moved only when it would be late. */
  #arm(): void {
    const deadline = this.#session.deadline()
    if (this.#isOver || deadline === undefined || deadline >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = deadline
    const wait = Math.min(2 ** 30, Math.max(0, Math.ceil(deadline - performance.now())))
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY
      this.#do(this.#session.tick(performance.now()))
    }, wait)
  }

  async #bind(track: number): Promise<void> {
    const { localAddress = '', remoteAddress = '' } = this.#socket ?? {}
    try {
      const pair = await bindUdpPair(localAddress, remoteAddress, (bytes, isRtcp) =>
        this.#do(this.#session.send({ type: 'datagram', track, isRtcp, bytes }, performance.now())),
      )
      if (this.#isOver) {
        pair.close()
        return
      }
      this.#pairs[track]?.close()
      this.#pairs[track] = pair
      const { rtpPort, rtcpPort } = pair
      this.#do(this.#session.send({ type: 'ports', rtpPort, rtcpPort }, performance.now()))
    } catch (cause) {
      const detail = 'no UDP ports can be bound here'
      const source = this.#address.url
      this.#fail(new MediaError('MEDIA_RTSP_UNREACHABLE', { source, detail, cause }))
    }
  }

  /** Sends a packet to each port of the camera, for a firewall between to let its packets in. */
  #punch(): void {
    for (const [i, { transport }] of this.#tracks.entries()) {
      if (transport.type === 'tcp' || transport.server === undefined) continue
      this.#pairs[i]?.send(
        Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        false,
        transport.server.rtpPort,
      )
      this.#pairs[i]?.send(
        Uint8Array.of(0x80, 0xc9, 0, 1, 0, 0, 0, 0),
        true,
        transport.server.rtcpPort,
      )
    }
  }

  #fail(error: unknown): void {
    this.#end.reject(error)
    this.#finish(error)
  }

  #finish(reason: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#over.abort(reason)
    clearTimeout(this.#timer)
    this.#handlers = []
    for (const pair of this.#pairs) pair?.close()
    const socket = this.#socket
    for (let bytes = this.#session.take(); bytes; bytes = this.#session.take()) socket?.write(bytes)
    socket?.destroySoon()
    const kill = setTimeout(() => socket?.destroy(), GOODBYE_MS)
    kill.unref()
    socket?.once('close', () => clearTimeout(kill))
    this.#ready.reject(reason)
    this.#playing.reject(reason)
    this.#end.resolve()
  }
}
