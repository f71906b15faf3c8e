import { type MediaError, type TalkBack, TalkSession } from '@hksv/media'
import { parseRtpPacket } from '@hksv/media/rtp'

import { rtp } from './rtp-packetizer.ts'

/** A loudspeaker that keeps what it plays. */
export class Loudspeaker implements TalkBack {
  readonly format: TalkBack['format']
  readonly played: Uint8Array[] = []
  byteLength = 0
  isOver = false
  #wake: (() => void) | undefined

  constructor(format: TalkBack['format'] = { encoding: 's16le', sampleRate: 16_000 }) {
    this.format = format
  }

  async play(speech: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of speech) {
      this.played.push(chunk)
      this.byteLength += chunk.length
      this.#wake?.()
    }
    this.isOver = true
  }

  /** Resolves when so many bytes were played. */
  async heard(bytes: number): Promise<void> {
    while (this.byteLength < bytes)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
  }

  /** What it played of 16 bits, from -1 to 1. */
  get samples(): Float32Array {
    const bytes = new Uint8Array(Buffer.concat(this.played))
    return Float32Array.from(new Int16Array(bytes.buffer), sample => sample / 32_768)
  }
}

/** Talks with packets of 20 ms of Opus. */
export class Talker implements AsyncDisposable {
  readonly failures: MediaError[] = []
  readonly session: TalkSession
  #wake: (() => void) | undefined

  constructor(talkBack: TalkBack, ffmpeg = 'ffmpeg') {
    const onFailure = (error: MediaError) => {
      this.failures.push(error)
      this.#wake?.()
    }
    this.session = new TalkSession({ talkBack, ffmpeg, onFailure })
  }

  /** Sends the packets of these numbers. */
  send(packets: readonly Uint8Array[], numbers: Iterable<number> = packets.keys()): void {
    for (const number of numbers) {
      const sequenceNumber = (65_530 + number) & 0xffff
      const header = { payloadType: 110, sequenceNumber, timestamp: 320 * number, isMarker: true }
      const packet = parseRtpPacket(rtp(header, packets[number] ?? new Uint8Array()))
      if (packet !== undefined) this.session.receive(packet)
    }
  }

  /** Resolves with the reason why nothing is heard any more. */
  async failed(): Promise<string> {
    while (this.failures.length === 0)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    return this.failures[0]?.message ?? ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]()
  }
}
