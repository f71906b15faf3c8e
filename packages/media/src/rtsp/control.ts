import { authorityOf } from './address.ts'
import { header, type RtspHeaders } from './message.ts'

/** What names the whole stream, not a track. */
const AGGREGATE = '*'
const scheme = /^(?:rtsp[stu]?:\/\/)+/i
/** Nothing can be asked of these. */
const nowhere = /^(?:0\.0\.0\.0|\[::\]|)(?::\d*)?$/

/**
 * Says what the controls of a description are relative to.
 *
 * Of what the server names only the path counts: hosts were seen that are 0.0.0.0, an address behind
 * the router, IPv6 without brackets, or `rtsp://` twice. The connection is to the right one.
 * @param url - Of the request for the description.
 * @see RFC 2326 appendix C.1.1
 */
export function controlBase(answer: { headers: RtspHeaders }, url: string): string {
  const named = header(answer, 'content-base') || header(answer, 'content-location')
  if (named === undefined || named === '') return url
  const { authority, path } = parts(named)
  return authority === undefined && path === '' ? url : `${root(url)}${path}`
}

/**
 * Says what a control names.
 * @param base - Of {@link controlBase}.
 * @param control - `a=control` of the session or of a track; the base itself when there is none.
 */
export function controlUrl(base: string, control: string | undefined): string {
  const text = control?.trim() ?? ''
  if (text === '' || text === AGGREGATE) return base
  const [prefix] = scheme.exec(text) ?? []
  if (prefix !== undefined) {
    const { authority = '', path } = parts(text)
    const isWhole = prefix.split('://').length === 2 && !nowhere.test(authority)
    return isWhole ? printable(text) : `${root(base)}${path}`
  }
  // Servers take what they named apart by its text: neither `..` nor a query means anything.
  const joint = base.endsWith('/') || text.startsWith('/') ? '' : '/'
  const front = base.endsWith('/') && text.startsWith('/') ? base.slice(0, -1) : base
  return `${front}${joint}${printable(text)}`
}

/** @returns The text without what would end a request's line or word. */
function printable(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]/gu, encodeURIComponent)
}

function root(url: string): string {
  return `${url.slice(0, url.indexOf('://'))}://${authorityOf(url)}`
}

/** Takes a URL apart, which may be without its scheme. */
function parts(url: string): { authority: string | undefined; path: string } {
  const text = printable(url.trim())
  const rest = text.replace(scheme, '')
  const isBare = rest === text
  const end = rest.search(/[/?]/)
  const first = end < 0 ? rest : rest.slice(0, end)
  // Without a scheme, what looks like no host is a path.
  if (isBare && !/[.:]/.test(first))
    return { authority: undefined, path: rest === '' || rest.startsWith('/') ? rest : `/${rest}` }
  return { authority: first, path: end < 0 ? '' : rest.slice(end) }
}
