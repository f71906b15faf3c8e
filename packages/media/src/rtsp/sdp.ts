/** One `m=` of a description. */
export interface SdpMedia {
  /** `video`, `audio`, `application` and what else there is, in lower case. */
  readonly kind: string
  /** In the order of preference. */
  readonly payloadTypes: readonly number[]
  /** Behind the payload type, by payload type. */
  readonly rtpmaps: ReadonlyMap<number, string>
  /** The same. */
  readonly fmtps: ReadonlyMap<number, string>
  readonly control?: string
  /** `sendrecv` unless the media or the session says otherwise. */
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'
  /** Pictures a second. */
  readonly frameRate?: number
}

/** What of a description a player needs. */
export interface Sdp {
  readonly control?: string
  readonly media: readonly SdpMedia[]
}

/** More than this no camera has. */
const MAX_MEDIA = 32
/** Likewise of one media. */
const MAX_FORMATS = 64

type Direction = SdpMedia['direction']
interface Draft {
  kind: string
  payloadTypes: number[]
  rtpmaps: Map<number, string>
  fmtps: Map<number, string>
  control?: string
  direction?: Direction
  frameRate?: number
}

/**
 * Reads a description as cameras write it: what is not understood is passed over, and an `rtpmap` or `fmtp`
 * belongs to the media that has its payload type, even when it stands under another.
 * @see RFC 8866, RFC 2326 appendix C
 */
export function parseSdp(text: string): Sdp {
  const session: Draft = draft('')
  const media: Draft[] = []
  for (const line of text.split(/[\r\n]+/)) {
    const [, type = '', text = ''] = /^\s*([a-z])\s*=(.*)$/s.exec(line) ?? []
    const value = text.trim()
    if (type === 'm') {
      if (media.length === MAX_MEDIA) break
      const [kind = '', , , ...formats] = value.split(/\s+/)
      const next = draft(kind.toLowerCase())
      next.payloadTypes.push(...formats.slice(0, MAX_FORMATS).flatMap(payloadType))
      media.push(next)
    } else if (type === 'a') attribute(media.at(-1) ?? session, value)
  }
  return {
    ...(session.control === undefined ? {} : { control: session.control }),
    media: media.map(one => {
      const { direction, control, frameRate, ...rest } = one
      const found = (list: 'rtpmaps' | 'fmtps') => strayed(one, [session, ...media], list)
      return {
        ...rest,
        rtpmaps: found('rtpmaps'),
        fmtps: found('fmtps'),
        direction: direction ?? session.direction ?? 'sendrecv',
        ...(control === undefined ? {} : { control }),
        ...(frameRate === undefined ? {} : { frameRate }),
      }
    }),
  }
}

function draft(kind: string): Draft {
  return { kind, payloadTypes: [], rtpmaps: new Map(), fmtps: new Map() }
}

function attribute(media: Draft, text: string): void {
  const [, name = '', rest = ''] = /^([\w-]+)\s*:?(.*)$/s.exec(text) ?? []
  const value = rest.trim()
  switch (name.toLowerCase()) {
    case 'control':
      media.control = value
      return
    case 'rtpmap':
      format(media.rtpmaps, value)
      return
    case 'fmtp':
      format(media.fmtps, value)
      return
    case 'framerate': {
      const rate = Number.parseFloat(value)
      if (rate > 0 && rate < 1000) media.frameRate = rate
      return
    }
    case 'sendrecv':
    case 'sendonly':
    case 'recvonly':
    case 'inactive':
      media.direction = name.toLowerCase() as Direction
  }
}

function format(list: Map<number, string>, value: string): void {
  const [, number = '', text = ''] = /^(\S+)\s+(.*)$/s.exec(value) ?? []
  for (const type of payloadType(number)) if (list.size < MAX_FORMATS) list.set(type, text)
}

function payloadType(text: string): number[] {
  return /^\d{1,3}$/.test(text) && Number(text) < 128 ? [Number(text)] : []
}

/** @returns What is said of the payload types of `media`: by itself, else by any other that does not have them. */
function strayed(
  media: Draft,
  all: readonly Draft[],
  list: 'rtpmaps' | 'fmtps',
): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  for (const type of media.payloadTypes) {
    const others = all.filter(one => !one.payloadTypes.includes(type))
    const text = [media, ...others].map(one => one[list].get(type)).find(one => one !== undefined)
    if (text !== undefined) found.set(type, text)
  }
  return found
}
