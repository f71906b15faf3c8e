import { header, type RtspHeaders, type RtspResponse } from './message.ts'

/** How packets of a track come. */
export type TrackTransport =
  | {
      readonly type: 'tcp'
      /** Of the frames of RTP and RTCP in the connection. */
      readonly channel: number
      readonly rtcpChannel: number
    }
  | {
      readonly type: 'udp'
      /** Where the server sends from and listens, when it says so. */
      readonly server?: { readonly rtpPort: number; readonly rtcpPort: number }
    }

/** What is asked for with SETUP. */
export type WantedTransport =
  | { readonly type: 'tcp'; readonly channel: number }
  | { readonly type: 'udp'; readonly rtpPort: number; readonly rtcpPort: number }

/** @returns The value of `Transport` in a request. @see RFC 2326 §12.39 */
export function transportHeader(wanted: WantedTransport): string {
  if (wanted.type === 'tcp')
    return `RTP/AVP/TCP;unicast;interleaved=${wanted.channel}-${wanted.channel + 1}`
  return `RTP/AVP;unicast;client_port=${wanted.rtpPort}-${wanted.rtcpPort}`
}

/**
 * Reads what the server has chosen. It may give other channels than were asked for, only the first of
 * two, or say `RTP/AVP` for TCP; without a word it has chosen what was asked for.
 * @returns Nothing when it is not what was asked for.
 */
export function chosenTransport(
  answer: { headers: RtspHeaders },
  wanted: WantedTransport,
): TrackTransport | undefined {
  const text = header(answer, 'transport') ?? ''
  const pair = (name: string): [number, number] | undefined => {
    const [, first, second] =
      new RegExp(`${name}\\s*=\\s*"?(\\d+)(?:\\s*-\\s*(\\d+))?`, 'i').exec(text) ?? []
    return first === undefined ? undefined : [Number(first), Number(second ?? Number(first) + 1)]
  }
  const [channel, rtcpChannel] = pair('interleaved') ?? []
  const [rtpPort, rtcpPort] = pair('server_port') ?? []
  if (wanted.type === 'udp') {
    if (channel !== undefined || /\/TCP/i.test(text)) return undefined
    const isPort = (port: number | undefined): port is number =>
      port !== undefined && port > 0 && port <= 0xffff
    return isPort(rtpPort) && isPort(rtcpPort)
      ? { type: 'udp', server: { rtpPort, rtcpPort } }
      : { type: 'udp' }
  }
  if (channel === undefined || rtcpChannel === undefined)
    return rtpPort === undefined
      ? { type: 'tcp', channel: wanted.channel, rtcpChannel: wanted.channel + 1 }
      : undefined
  return channel <= 0xff && rtcpChannel <= 0xff ? { type: 'tcp', channel, rtcpChannel } : undefined
}

/** A session of a server. */
export interface SessionHeader {
  readonly id: string
  /** After which it forgets us. */
  readonly timeoutMs: number
}

/** Servers that say nothing, or nonsense, mean this. @see RFC 2326 §12.37 */
const DEFAULT_TIMEOUT_S = 60

/** Reads `id;timeout=60`, however it is spaced, spelt and quoted. */
export function sessionHeader(answer: { headers: RtspHeaders }): SessionHeader | undefined {
  const [first = '', ...parameters] = (header(answer, 'session') ?? '').split(/[;,]/)
  const id = first.trim()
  // A blank in it would not come back as one word.
  if (id === '' || /\s/.test(id)) return undefined
  const seconds = parameters
    .map(text => /^\s*timeout\s*[=:]\s*"?(\d{1,6})/i.exec(text)?.[1])
    .map(Number)
    .find(number => number >= 2)
  return { id, timeoutMs: (seconds ?? DEFAULT_TIMEOUT_S) * 1000 }
}

/** Where a track begins. */
export interface RtpInfo {
  /** Sequence number of the first packet. */
  readonly sequence?: number
  /** RTP timestamp of the moment at which all tracks begin. */
  readonly rtpTime?: number
}

/**
 * Reads `RTP-Info`, in which an `rtptime` counts only when the server means it: not when it is 0.
 * @param urls - Of the tracks.
 * @returns For each of the tracks what is said of it; by place when the URLs say nothing.
 * @see RFC 2326 §12.33
 */
export function rtpInfo(answer: RtspResponse, urls: readonly string[]): readonly RtpInfo[] {
  const texts = (answer.headers.get('rtp-info') ?? []).join(',')
  // A URL may have commas and semicolons in it.
  const entries = texts.split(/,\s*(?=url\s*=)/i).filter(text => text !== '')
  const named = entries.map(text => /url\s*=\s*"?([^;"\s]*)/i.exec(text)?.[1] ?? '')
  return urls.map((url, place) => {
    const found = named.findIndex(
      name => name !== '' && (url.endsWith(name) || name.endsWith(tail(url))),
    )
    const isCounted = found < 0 && entries.length === urls.length
    const entry = entries[isCounted ? place : found]
    const sequence = number(entry, 'seq')
    const rtpTime = number(entry, 'rtptime')
    return {
      ...(sequence === undefined || sequence > 0xffff ? {} : { sequence }),
      ...(rtpTime === undefined || rtpTime === 0 || rtpTime > 0xffffffff ? {} : { rtpTime }),
    }
  })
}

/** @returns What follows the last slash. */
function tail(url: string): string {
  return url.slice(url.lastIndexOf('/'))
}

function number(entry: string | undefined, name: string): number | undefined {
  const [, digits] = new RegExp(`[;\\s]${name}\\s*=\\s*(\\d{1,10})`, 'i').exec(entry ?? '') ?? []
  return digits === undefined ? undefined : Number(digits)
}
