import { hapStatus } from '@hksv/hap'

/** The answer to a request. */
export interface Reply {
  /** One of {@link reasonPhrases}. */
  readonly status: number
  readonly contentType?: string
  /** Absent with 204. */
  readonly body?: Uint8Array | string
  /** Runs when the last byte has been handed to the socket. */
  readonly sent?: () => void
}

/** 470, with which HAP says that pair-verify comes first. */
export const UNAUTHORIZED = 470

const reasonPhrases: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  207: 'Multi-Status',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  [UNAUTHORIZED]: 'Connection Authorization Required',
}

/** A JSON body. */
export function json(status: number, value: object): Reply {
  return jsonText(status, JSON.stringify(value))
}

/** A body that is JSON already. */
export function jsonText(status: number, body: string): Reply {
  return { status, contentType: 'application/hap+json', body }
}

/** A TLV body; every answer of a pairing procedure, errors included, is 200. */
export function pairingTlv(body: Uint8Array, sent?: () => void): Reply {
  const reply: Reply = { status: 200, contentType: 'application/pairing+tlv8', body }
  return sent === undefined ? reply : { ...reply, sent }
}

/** A status without a word. */
export function empty(status: 204 | 400 | 404 | 405 | typeof UNAUTHORIZED): Reply {
  return status === 204 ? { status } : { status, body: '' }
}

/** 470 with the body that HAP gives it on the endpoints of the database. */
export function unauthorized(): Reply {
  return json(UNAUTHORIZED, { status: hapStatus.insufficientAuthorization })
}

/** The bytes of a reply: head and body in one piece, as some controllers count on. */
export function encodeReply({ status, contentType, body }: Reply): Buffer {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body?.length
  const head =
    `HTTP/1.1 ${status} ${reasonPhrases[status] ?? ''}\r\n` +
    (contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`) +
    (length === undefined ? '\r\n' : `Content-Length: ${length}\r\n\r\n`)
  const bytes = Buffer.allocUnsafe(head.length + (length ?? 0))
  bytes.write(head, 'latin1')
  if (typeof body === 'string') bytes.write(body, head.length, 'utf8')
  else if (body !== undefined) bytes.set(body, head.length)
  return bytes
}
