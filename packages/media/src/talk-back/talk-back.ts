/** How speech comes: one channel, raw samples. */
export interface SpeechFormat {
  /** Signed 16 bits, little-endian; or a byte of G.711. */
  readonly encoding: 's16le' | 'mulaw' | 'alaw'
  /** Samples a second. */
  readonly sampleRate: number
}

/** Something that can be talked through: a loudspeaker, whatever leads to it. */
export interface TalkBack {
  /** What it wants to be given. */
  readonly format: SpeechFormat
  /**
   * Plays what one viewer says, as it comes, until it ends or the signal aborts. While nobody speaks
   * nothing comes.
   * @param speech - Its chunks belong to whoever takes them.
   * @throws MediaError MEDIA_TALK_BACK
   */
  play(speech: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>
}
