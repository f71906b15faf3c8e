/** One channel element without a scale factor band, and the end. */
const mono = Uint8Array.of(0x00, 0x00, 0x00, 0x07)
/** A pair of them that has no common window. */
const stereo = Uint8Array.of(0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0e)

/**
 * @returns A frame of AAC-LC in which nothing is heard, whatever the sample rate; nothing for more than
 * two channels. It is not to be written to.
 * @see ISO/IEC 14496-3 §4.4.2.1 (channel elements, ics_info with max_sfb 0)
 */
export function silentAacFrame(channels: number): Uint8Array | undefined {
  return channels === 1 ? mono : channels === 2 ? stereo : undefined
}
