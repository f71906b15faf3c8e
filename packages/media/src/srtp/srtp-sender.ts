import { uint16At, uint32At } from '../rtp/packet.ts'
import { rtpPayloadStart } from './header.ts'
import { sessionKeys } from './key-derivation.ts'
import { PacketCipher } from './packet-cipher.ts'
import { type SrtpKey, srtcpIndexLength, srtpSuites } from './suites.ts'

/** So many packets of RTCP one key protects. @see RFC 3711 §9.2 */
const maxRtcpIndex = 2 ** 31 - 1
/** Index of the last packet of RTP that one key protects. */
const maxRtpIndex = 2 ** 48 - 1
const rtcpHeaderLength = 8

/** Where a context begins, other than at the first packet of a key. */
export interface SrtpSenderStart {
  /** How often the sequence number has wrapped; 0 unless told. */
  readonly rollover?: number
  /** Index of the next RTCP packet; 0 unless told. */
  readonly rtcpIndex?: number
}

/**
 * Protects the packets of one source (one SSRC), RTP and RTCP. Packets of RTP come in the order of their
 * sequence numbers, each once: the same counter twice would give the contents away.
 * @see RFC 3711 §3.3, §3.4
 * @example
 * ```ts
 * const srtp = new SrtpSender({ suite: 'AES_CM_128_HMAC_SHA1_80', key, salt })
 * const buffer = new Uint8Array(length + 10)
 * buffer.set(packet)
 * socket.send(buffer.subarray(0, srtp.protectRtp(buffer, length)))
 * ```
 */
export class SrtpSender {
  readonly #tagLength: number
  readonly #rtp: PacketCipher
  readonly #rtcp: PacketCipher
  #lastSequenceNumber: number | undefined
  #rollover: number
  #rtcpIndex: number

  /** @throws RangeError for a key or salt of the wrong length. */
  constructor(key: SrtpKey, { rollover = 0, rtcpIndex = 0 }: SrtpSenderStart = {}) {
    this.#tagLength = srtpSuites[key.suite].tagLength
    this.#rtp = new PacketCipher(sessionKeys(key, 'rtp'))
    this.#rtcp = new PacketCipher(sessionKeys(key, 'rtcp'))
    this.#rollover = rollover
    this.#rtcpIndex = rtcpIndex
  }

  /** How much longer protected RTP packets are, in bytes; RTCP is 4 bytes longer still. */
  get overhead(): number {
    return this.#tagLength
  }

  /**
   * Protects the RTP packet in the first `length` bytes of `buffer`, in place; the tag goes behind it.
   * @returns How long it is now.
   * @throws RangeError without room for the tag, for what is no RTP packet, for a sequence number that is
   * not later than the one before, and when the key has protected 2^48 packets.
   */
  protectRtp(buffer: Uint8Array, length: number): number {
    const start = rtpPayloadStart(buffer, length)
    if (start === undefined) throw new RangeError('no RTP packet')
    this.#checkRoom(buffer, length + this.#tagLength)
    const sequenceNumber = uint16At(buffer, 2)
    const last = this.#lastSequenceNumber ?? sequenceNumber - 1
    const step = (sequenceNumber - last) & 0xffff
    if (step === 0 || step >= 0x8000) throw new RangeError('a sequence number that is not later')
    if (last >= 0 && sequenceNumber < last) this.#rollover++
    const index = this.#rollover * 0x10000 + sequenceNumber
    if (index > maxRtpIndex) throw new RangeError('the key has protected all the packets it may')
    this.#lastSequenceNumber = sequenceNumber
    this.#rtp.crypt(buffer, { start, end: length }, uint32At(buffer, 8), index)
    const tag = this.#rtp.authenticate(buffer, length, this.#rollover)
    buffer.set(tag.subarray(0, this.#tagLength), length)
    return length + this.#tagLength
  }

  /**
   * Protects the compound RTCP packet in the first `length` bytes of `buffer`, in place; index and tag go
   * behind it, 14 bytes.
   * @returns How long it is now.
   * @throws RangeError without room for them, for less than 8 bytes, and when the key has protected 2^31
   * packets.
   */
  protectRtcp(buffer: Uint8Array, length: number): number {
    if (length < rtcpHeaderLength) throw new RangeError('no RTCP packet')
    const end = length + srtcpIndexLength
    this.#checkRoom(buffer, end + this.#tagLength)
    const index = this.#rtcpIndex
    if (index > maxRtcpIndex) throw new RangeError('the key has protected all the packets it may')
    this.#rtcpIndex++
    const range = { start: rtcpHeaderLength, end: length }
    this.#rtcp.crypt(buffer, range, uint32At(buffer, 4), index)
    const flagged = (index | 0x80000000) >>> 0
    for (let i = 0; i < srtcpIndexLength; i++) buffer[length + i] = flagged >>> (24 - 8 * i)
    const tag = this.#rtcp.authenticate(buffer, end)
    buffer.set(tag.subarray(0, this.#tagLength), end)
    return end + this.#tagLength
  }

  #checkRoom(buffer: Uint8Array, length: number): void {
    if (buffer.length < length) throw new RangeError(`a buffer of ${length} bytes is needed`)
  }
}
