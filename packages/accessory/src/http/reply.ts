import { hapStatus } from '@hksv/hap'

/** The answer to a request. */
export interface Reply {
  readonly status: number
  readonly contentType?: string
  /** Absent with 204. */
  readonly body?: Uint8Array | string
  /** Runs when the last byte has been handed to the socket. */
  readonly sent?: () => void
}

/** 470, with which HAP says that pair-verify comes first. */
export const UNAUTHORIZED = 470

/** The reason phrases that HTTP does not know. */
export const reasonPhrases: Readonly<Record<number, string>> = {
  [UNAUTHORIZED]: 'Connection Authorization Required',
}

/** A JSON body. */
export function json(status: number, value: unknown): Reply {
  return { status, contentType: 'application/hap+json', body: JSON.stringify(value) }
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
