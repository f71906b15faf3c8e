import { type LiveFrame, RtpSender, type RtpSenderOptions, type SrtpKey } from '@hksv/media/live'

export const key: SrtpKey = {
  suite: 'AES_CM_128_HMAC_SHA1_80',
  key: Uint8Array.from({ length: 16 }, (_, i) => i),
  salt: Uint8Array.from({ length: 14 }, (_, i) => 100 + i),
}
export const peerKey: SrtpKey = { ...key, key: key.key.toReversed() }

export const sets = [Uint8Array.of(0x67, 1, 2, 3), Uint8Array.of(0x68, 4, 5)]

export interface Sent {
  readonly bytes: Uint8Array
  readonly at: number
}

/** A sender in virtual time: what it sends, and when. */
export class SenderRun {
  readonly sender: RtpSender
  readonly sent: Sent[] = []
  now = 0

  constructor(options: Partial<RtpSenderOptions> = {}) {
    this.sender = new RtpSender({
      codec: 'h264',
      payloadType: 99,
      ssrc: 0x1234,
      timescale: 90_000,
      ipVersion: 4,
      parameterSets: sets,
      random: length => new Uint8Array(length).fill(0xff),
      ...options,
    })
  }

  /** Sends a frame at a time, having come there by way of the deadlines. */
  send(frame: LiveFrame, now: number): this {
    this.goTo(now)
    this.sender.send(frame, now)
    this.#take()
    return this
  }

  goTo(now: number): this {
    for (let due = this.sender.deadline(); due !== undefined && due <= now; ) {
      this.now = Math.max(this.now, due)
      this.sender.tick(this.now)
      this.#take()
      due = this.sender.deadline()
    }
    this.now = now
    return this
  }

  end(now: number): this {
    this.goTo(now)
    this.sender.end(now)
    this.#take()
    return this
  }

  #take(): void {
    for (let bytes = this.sender.take(this.now); bytes; bytes = this.sender.take(this.now))
      this.sent.push({ bytes, at: this.now })
  }
}

/** @returns NAL units behind lengths of 4 bytes. */
export function lengthPrefixed(...nals: readonly Uint8Array[]): Uint8Array {
  const parts = nals.flatMap(nal => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(nal.length)
    return [length, nal]
  })
  return new Uint8Array(Buffer.concat(parts))
}
