import {
  parseRtspAddress,
  type RtspEvent,
  RtspSession,
  type RtspSessionOptions,
} from '@hksv/media/rtsp'

/** A description of H.264 and AAC, as the lines of it. */
export const sdpLines: readonly string[] = [
  'v=0',
  's=camera',
  'a=control:*',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==',
  'a=framerate:25',
  'a=control:stream=0',
  'm=audio 0 RTP/AVP 97',
  'a=rtpmap:97 MPEG4-GENERIC/16000/1',
  'a=fmtp:97 mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408',
  'a=control:stream=1',
]

/** What a camera says to a request; text of the start line's end, headers, and a body. */
export interface Reply {
  readonly status?: number
  readonly headers?: readonly string[]
  readonly body?: string
  /** Leaves CSeq out. */
  readonly isUnnumbered?: boolean
}

/** A request as the camera reads it. */
export interface Asked {
  readonly method: string
  readonly uri: string
  readonly headers: ReadonlyMap<string, string>
}

/** @returns The bytes of ASCII text. */
export function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

/** @returns A packet as a frame. */
export function frame(channel: number, payload: Uint8Array): Uint8Array {
  const { length } = payload
  return Uint8Array.of(0x24, channel, length >> 8, length & 0xff, ...payload)
}

/** @returns A packet of RTP that is told from others by its last byte. */
export function rtp(mark: number, length = 16): Uint8Array {
  const packet = new Uint8Array(length)
  packet[0] = 0x80
  packet[length - 1] = mark
  return packet
}

/** Takes requests apart; names of headers as they came. */
export function readRequest(bytes: Uint8Array): Asked {
  const [start = '', ...lines] = Buffer.from(bytes).toString('latin1').trimEnd().split('\r\n')
  const [method = '', uri = ''] = start.split(' ')
  const headers = new Map(
    lines.map(
      line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const,
    ),
  )
  return { method, uri, headers }
}

/** @returns An answer as it goes over the connection. */
export function writeReply(sequence: string | undefined, reply: Reply): Uint8Array {
  const { status = 200, headers = [], body = '', isUnnumbered = false } = reply
  const lines = [
    `RTSP/1.0 ${status} Whatever`,
    ...(isUnnumbered || sequence === undefined ? [] : [`CSeq: ${sequence}`]),
    ...headers,
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ]
  return ascii(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** What a well-behaved camera says. */
export function honest({ method, headers }: Asked): Reply {
  switch (method) {
    case 'OPTIONS':
      return { headers: ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN'] }
    case 'DESCRIBE':
      return { headers: ['Content-Base: rtsp://camera/cam/'], body: sdpLines.join('\r\n') }
    case 'SETUP': {
      const transport = headers.get('Transport') ?? ''
      const ports = transport.includes('client_port') ? ';server_port=6000-6001' : ''
      return { headers: [`Transport: ${transport}${ports}`, 'Session: 1234;timeout=60'] }
    }
    default:
      return {}
  }
}

/** A session and a camera, in memory and in virtual time. */
export class Played {
  readonly asked: Asked[] = []
  readonly events: RtspEvent[] = []
  readonly session: RtspSession
  now = 0
  readonly #reply: (asked: Asked, count: number) => Reply | undefined

  /** @param reply - What the camera says to its n-th request, if anything; `honest` unless given. */
  constructor(
    reply: (asked: Asked, count: number) => Reply | undefined = honest,
    options: Partial<RtspSessionOptions> & { url?: string } = {},
  ) {
    const { url = 'rtsp://user:password@camera/cam', ...others } = options
    this.#reply = reply
    const random = (length: number) => new Uint8Array(length).fill(7)
    this.session = new RtspSession({ address: parseRtspAddress(url), random, ...others }, 0)
    this.#happened(this.session.send({ type: 'connected' }, 0))
  }

  /** Lets the camera send. */
  receive(...chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.#happened(this.session.receive(chunk, this.now))
  }

  send(command: Parameters<RtspSession['send']>[0]): void {
    this.#happened(this.session.send(command, this.now))
  }

  /** Jumps to when the session wants to do something. */
  wait(): void {
    this.now = this.session.deadline() ?? this.now
    this.#happened(this.session.tick(this.now))
  }

  /** Goes on to packets. */
  play(): this {
    this.send({ type: 'play' })
    return this
  }

  get methods(): string[] {
    return this.asked.map(({ method }) => method)
  }

  get last(): Asked | undefined {
    return this.asked.at(-1)
  }

  /** The code of how it failed. */
  get code(): string | undefined {
    const failed = this.events.find(event => event.type === 'failed')
    return failed?.type === 'failed' ? failed.error.code : undefined
  }

  of<T extends RtspEvent['type']>(type: T): Extract<RtspEvent, { type: T }>[] {
    return this.events.filter(
      (event): event is Extract<RtspEvent, { type: T }> => event.type === type,
    )
  }

  #happened(events: readonly RtspEvent[]): void {
    this.events.push(...events)
    for (const event of events) {
      if (event.type === 'connect') this.send({ type: 'connected' })
      if (event.type === 'bind') {
        const rtpPort = 5000 + 2 * event.track
        this.send({ type: 'ports', rtpPort, rtcpPort: rtpPort + 1 })
      }
    }
    for (let bytes = this.session.take(); bytes; bytes = this.session.take()) {
      if (bytes[0] === 0x24) continue
      const asked = readRequest(bytes)
      if (asked.method.startsWith('RTSP/')) continue
      this.asked.push(asked)
      const reply = this.#reply(asked, this.asked.length)
      if (reply !== undefined) this.receive(writeReply(asked.headers.get('CSeq'), reply))
    }
  }
}
