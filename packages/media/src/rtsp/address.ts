import { MediaError } from '../errors.ts'

/** User and password; what prints them prints nothing of them. */
export class RtspCredentials {
  readonly #user: string
  readonly #password: string

  constructor(user: string, password: string) {
    this.#user = user
    this.#password = password
  }

  /** @returns What `use` makes of user and password. */
  reveal<T>(use: (user: string, password: string) => T): T {
    return use(this.#user, this.#password)
  }

  toString(): string {
    return 'RtspCredentials'
  }
}

/** Where a camera is and what of it is wanted. */
export interface RtspAddress {
  /** Without user and password: what requests say, and people may read. */
  readonly url: string
  /** Of the connection: without the brackets of IPv6. */
  readonly host: string
  readonly port: number
  /** Over TLS. */
  readonly isSecure: boolean
  /** The only transport that is allowed, when the scheme says so: `rtspt:`, `rtspu:`. */
  readonly transport?: 'tcp' | 'udp'
  readonly credentials?: RtspCredentials
}

interface Scheme {
  readonly port: number
  readonly isSecure: boolean
  readonly transport?: 'tcp' | 'udp'
}

const schemes: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  ['rtsp:', { port: 554, isSecure: false }],
  ['rtspt:', { port: 554, isSecure: false, transport: 'tcp' }],
  ['rtspu:', { port: 554, isSecure: false, transport: 'udp' }],
  ['rtsps:', { port: 322, isSecure: true }],
])

/**
 * Reads the address of a camera.
 * @param text - `rtsp://[USER:PASSWORD@]HOST[:PORT][/PATH]`, or `rtsps:` (over TLS), `rtspt:` (over TCP
 * alone), `rtspu:` (over UDP alone). In user and password
 * `%40` is `@`; a percent sign that begins no such code stands for itself.
 * @throws MediaError MEDIA_RTSP_ADDRESS, without the text, which may have a password in it.
 * @see RFC 2326 §3.2, RFC 7826 §4.2 (rtsps, port 322)
 * @example
 * ```ts
 * parseRtspAddress('rtsp://admin:p%40ss@10.0.0.7/stream1').url // 'rtsp://10.0.0.7/stream1'
 * ```
 */
export function parseRtspAddress(text: string): RtspAddress {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined
  const scheme = url && schemes.get(url.protocol)
  if (url === undefined || scheme === undefined || url.hostname === '')
    throw new MediaError('MEDIA_RTSP_ADDRESS')
  const { isSecure, transport } = scheme
  const [user, password] = [decoded(url.username), decoded(url.password)]
  if (/\p{Cc}/u.test(user + password)) throw new MediaError('MEDIA_RTSP_ADDRESS')
  const bare = `${isSecure ? 'rtsps' : 'rtsp'}://${url.host}${url.pathname}${url.search}`
  return {
    url: bare,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? scheme.port : Number(url.port),
    isSecure,
    ...(transport === undefined ? {} : { transport }),
    ...(user === '' && password === '' ? {} : { credentials: new RtspCredentials(user, password) }),
  }
}

/**
 * Follows a redirect. User and password go along only to the same host, and not from TLS to none.
 * @param location - What the server gave.
 * @throws MediaError MEDIA_RTSP_PROTOCOL when it is no address.
 */
export function redirected(from: RtspAddress, location: string): RtspAddress {
  let to: RtspAddress
  try {
    to = parseRtspAddress(location)
  } catch (cause) {
    const detail = 'it sends us to no address'
    throw new MediaError('MEDIA_RTSP_PROTOCOL', { source: from.url, detail, cause })
  }
  const { credentials: _, ...bare } = to
  const isSame = from.host.toLowerCase() === to.host.toLowerCase()
  const isAsSafe = to.isSecure || !from.isSecure
  if (!(isSame && isAsSafe) || from.credentials === undefined) return bare
  return { ...bare, credentials: from.credentials }
}

/** @returns `host:port` as it stands in a URL. */
export function authorityOf(url: string): string {
  return /^\w+:\/\/([^/?]*)/.exec(url)?.[1] ?? ''
}

/** @returns A user or password of a URL; a percent sign that begins no code stands for itself. */
export function decoded(text: string): string {
  return text.replace(/(?:%[\dA-Fa-f]{2})+/g, codes => {
    try {
      return decodeURIComponent(codes)
    } catch {
      // Not UTF-8: then it was meant as it stands.
      return codes
    }
  })
}
