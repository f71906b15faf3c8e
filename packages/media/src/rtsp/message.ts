/** Headers by their names in lower case; each as often as it came, in order. */
export type RtspHeaders = ReadonlyMap<string, readonly string[]>

/** An answer of the server. */
export interface RtspResponse {
  readonly type: 'response'
  /** 100 to 999. */
  readonly status: number
  readonly headers: RtspHeaders
  readonly body: Uint8Array
}

/** What the server wants of us. */
export interface RtspServerRequest {
  readonly type: 'request'
  readonly method: string
  readonly headers: RtspHeaders
  readonly body: Uint8Array
}

/** A packet in the connection. @see RFC 2326 §10.12 */
export interface InterleavedFrame {
  readonly type: 'frame'
  readonly channel: number
  /** A view into what was received. It stays as it is, but keeps the memory of its neighbours. */
  readonly bytes: Uint8Array
}

/** What comes from a server. */
export type RtspItem = RtspResponse | RtspServerRequest | InterleavedFrame

/** A message without its body. */
export type RtspHead = Omit<RtspResponse, 'body'> | Omit<RtspServerRequest, 'body'>

/** What servers send unasked. @see RFC 2326 §10, RFC 7826 §13 */
export const serverMethods: readonly string[] = [
  'OPTIONS',
  'ANNOUNCE',
  'GET_PARAMETER',
  'SET_PARAMETER',
  'REDIRECT',
  'TEARDOWN',
  'PLAY_NOTIFY',
]

/** @returns The first of the headers called `name`, in lower case. */
export function header({ headers }: { headers: RtspHeaders }, name: string): string | undefined {
  return headers.get(name)?.[0]
}

/** @returns The number in CSeq, if there is one. */
export function sequenceOf(message: { headers: RtspHeaders }): number | undefined {
  const text = header(message, 'cseq')
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined
}

/**
 * Reads a head. Lines end with LF, with or without CR; one that begins with a blank goes on with the one
 * before; one without a colon says nothing.
 * @param text - From the start line to the last header.
 * @returns Nothing when the start line is neither of a response nor of a request.
 * @see RFC 2326 §4, §6, §7
 */
export function parseHead(text: string): RtspHead | undefined {
  // What comes back in a request of ours must not end its line.
  const [start = '', ...lines] = text.split(/\r?\n/).map(line => line.replaceAll(/\p{Cc}/gu, ' '))
  const headers = parseHeaders(lines)
  const [, status] = /^RTSP\/\d\.\d +(\d{3})(?: |$)/.exec(start) ?? []
  if (status !== undefined && Number(status) >= 100)
    return { type: 'response', status: Number(status), headers }
  const [, method = ''] = /^([A-Z_]+) +\S+ +RTSP\/\d\.\d *$/.exec(start) ?? []
  return serverMethods.includes(method) ? { type: 'request', method, headers } : undefined
}

function parseHeaders(lines: readonly string[]): RtspHeaders {
  const headers = new Map<string, string[]>()
  let last: string[] | undefined
  for (const line of lines) {
    const [, more] = /^[ \t]+(.*)$/.exec(line) ?? []
    if (more !== undefined && last !== undefined) {
      last.push(`${last.pop() ?? ''} ${more.trim()}`)
      continue
    }
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const name = line.slice(0, colon).trim().toLowerCase()
    last = headers.get(name) ?? []
    last.push(line.slice(colon + 1).trim())
    headers.set(name, last)
  }
  return headers
}
