import { uint16At, uint32At } from '../rtp/packet.ts'
import { rtpPayloadStart } from './header.ts'
import { sessionKeys } from './key-derivation.ts'
import { PacketCipher } from './packet-cipher.ts'
import { ReplayWindow } from './replay-window.ts'
import { type SrtpKey, srtcpIndexLength, srtpSuites } from './suites.ts'

/**
 * Why a protected packet is refused: shorter than it has to be or no RTP at all, a tag that is not right,
 * a packet that was taken already, one too far behind, RTCP that is not encrypted, or one source too many.
 */
export type SrtpRefusal =
  | 'malformed'
  | 'authentication'
  | 'replayed'
  | 'too-old'
  | 'not-encrypted'
  | 'too-many-sources'

/** Sources that one key is followed for. HomeKit has one. */
const maxSources = 16
const rtcpHeaderLength = 8

/**
 * Takes the protection off packets, RTP and RTCP, of sources that use one key. Nothing is thrown for what
 * comes from the network. State changes only for packets whose tag is right.
 * @see RFC 3711 §3.3, §3.4
 */
export class SrtpReceiver {
  readonly #tagLength: number
  readonly #rtp: PacketCipher
  readonly #rtcp: PacketCipher
  readonly #rtpWindows = new Map<number, ReplayWindow>()
  readonly #rtcpWindows = new Map<number, ReplayWindow>()
  /** For the next new source: what is forged must not cost memory. */
  #fresh = new ReplayWindow()

  /** @throws RangeError for a key or salt of the wrong length. */
  constructor(key: SrtpKey) {
    this.#tagLength = srtpSuites[key.suite].tagLength
    this.#rtp = new PacketCipher(sessionKeys(key, 'rtp'))
    this.#rtcp = new PacketCipher(sessionKeys(key, 'rtcp'))
  }

  /**
   * Checks an RTP packet and decrypts it in place.
   * @returns A view of it without the tag, or why it is refused: then it is untouched.
   */
  unprotectRtp(bytes: Uint8Array): Uint8Array | SrtpRefusal {
    const end = bytes.length - this.#tagLength
    const start = rtpPayloadStart(bytes, end)
    if (start === undefined) return 'malformed'
    const ssrc = uint32At(bytes, 8)
    const window = this.#windowOf(this.#rtpWindows, ssrc)
    if (window === undefined) return 'too-many-sources'
    const index = nearestIndex(window.highest, uint16At(bytes, 2))
    if (index === undefined) return 'too-old'
    const refusal = window.refusal(index)
    if (refusal !== undefined) return refusal
    if (!this.#rtp.isAuthentic(bytes, end, Math.floor(index / 0x10000))) return 'authentication'
    window.add(index)
    this.#keep(this.#rtpWindows, ssrc, window)
    this.#rtp.crypt(bytes, { start, end }, ssrc, index)
    return bytes.subarray(0, end)
  }

  /**
   * Checks a compound RTCP packet and decrypts it in place.
   * @returns A view of it without index and tag, or why it is refused: then it is untouched.
   */
  unprotectRtcp(bytes: Uint8Array): Uint8Array | SrtpRefusal {
    const tagStart = bytes.length - this.#tagLength
    const end = tagStart - srtcpIndexLength
    if (end < rtcpHeaderLength) return 'malformed'
    const ssrc = uint32At(bytes, 4)
    const window = this.#windowOf(this.#rtcpWindows, ssrc)
    if (window === undefined) return 'too-many-sources'
    const flagged = uint32At(bytes, end)
    const index = flagged & 0x7fffffff
    const refusal = window.refusal(index)
    if (refusal !== undefined) return refusal
    if (!this.#rtcp.isAuthentic(bytes, tagStart)) return 'authentication'
    // Who has the key and does not encrypt is not what was negotiated.
    if (flagged < 0x80000000) return 'not-encrypted'
    window.add(index)
    this.#keep(this.#rtcpWindows, ssrc, window)
    this.#rtcp.crypt(bytes, { start: rtcpHeaderLength, end }, ssrc, index)
    return bytes.subarray(0, end)
  }

  /** @returns The window of a source, a new one for a new source; nothing when there are too many. */
  #windowOf(windows: ReadonlyMap<number, ReplayWindow>, ssrc: number): ReplayWindow | undefined {
    return windows.get(ssrc) ?? (windows.size < maxSources ? this.#fresh : undefined)
  }

  #keep(windows: Map<number, ReplayWindow>, ssrc: number, window: ReplayWindow): void {
    if (window !== this.#fresh) return
    windows.set(ssrc, window)
    this.#fresh = new ReplayWindow()
  }
}

/**
 * Finds the index of a packet: the one with its sequence number that is nearest to the highest so far.
 * @returns Nothing before the first or behind the last index that a key has.
 * @see RFC 3711 §3.3.1, appendix A
 */
function nearestIndex(highest: number, sequenceNumber: number): number | undefined {
  if (highest < 0) return sequenceNumber
  const index = highest + (((sequenceNumber - (highest % 0x10000)) << 16) >> 16)
  return index < 0 || index > 2 ** 48 - 1 ? undefined : index
}
