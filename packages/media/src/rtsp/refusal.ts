import { MediaError, type MediaErrorCode } from '../errors.ts'
import type { RtspResponse } from './message.ts'
import type { Question } from './requester.ts'

/** Names of ours, as text of the server could hold anything. @see RFC 2326 §7.1.1 */
const names: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  457: 'Invalid Range',
  461: 'Unsupported Transport',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** The session that we name is unknown. */
export const SESSION_NOT_FOUND = 454
/** It has no such transport. */
export const UNSUPPORTED_TRANSPORT = 461

/** @returns Whether it is what was asked for. */
export function isSuccess({ status }: RtspResponse): boolean {
  return status >= 200 && status < 300
}

/** @returns Whether the answer is somewhere else. @see RFC 2326 §11.3 */
export function isRedirect({ status, headers }: RtspResponse): boolean {
  return status >= 301 && status <= 308 && status !== 304 && headers.has('location')
}

/** @returns Whether the server does not have the method. */
export function isUnknownMethod({ status }: RtspResponse): boolean {
  return status === 405 || status === 501
}

/** @returns What an answer that is no success means. */
export function refusal(
  source: string,
  { method }: Question,
  { status }: RtspResponse,
): MediaError {
  const name = names[status] === undefined ? '' : ` ${names[status]}`
  return new MediaError(codeOf(status), { source, detail: `${status}${name} to ${method}` })
}

function codeOf(status: number): MediaErrorCode {
  if (status === SESSION_NOT_FOUND) return 'MEDIA_RTSP_ENDED'
  // Cameras that start, and relays whose own camera is away, say so with 5xx.
  return status === 453 || status >= 500 ? 'MEDIA_RTSP_BUSY' : 'MEDIA_RTSP_REFUSED'
}
