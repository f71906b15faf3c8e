/** What we ask a server. */
export interface RtspRequest {
  readonly method: string
  /** Without user and password. */
  readonly uri: string
  /** Counts requests. */
  readonly sequence: number
  /** In the order in which they are sent. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/**
 * Writes a request. `CSeq` is spelt so for servers that look for exactly that.
 * @throws RangeError when a part would end its line.
 * @see RFC 2326 §6
 */
export function encodeRequest({ method, uri, sequence, headers }: RtspRequest): Uint8Array {
  return encodeLines([
    `${method} ${uri} RTSP/1.0`,
    `CSeq: ${sequence}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ])
}

/**
 * Says yes to a request of the server.
 * @param sequence - Of the request; servers that send none get none.
 * @see RFC 2326 §7
 */
export function encodeAnswer(sequence: number | undefined): Uint8Array {
  const start = 'RTSP/1.0 200 OK'
  return encodeLines(sequence === undefined ? [start] : [start, `CSeq: ${sequence}`])
}

/**
 * Puts a packet of RTCP into the connection.
 * @throws RangeError for more than 65535 bytes.
 * @see RFC 2326 §10.12
 */
export function encodeFrame(channel: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0xffff) throw new RangeError(`a frame cannot hold ${bytes.length} bytes`)
  const frame = new Uint8Array(4 + bytes.length)
  frame.set([0x24, channel, bytes.length >>> 8, bytes.length & 0xff])
  frame.set(bytes, 4)
  return frame
}

function encodeLines(lines: readonly string[]): Uint8Array {
  if (lines.some(line => /[\r\n\0]/.test(line))) throw new RangeError('a line break in a header')
  return new Uint8Array(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`))
}
