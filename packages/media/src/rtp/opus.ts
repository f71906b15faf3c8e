import { byteAt } from './packet.ts'

/** Samples of a frame at 48 kHz, by the upper five bits of the first byte. @see RFC 6716 table 2 */
const silkSamples = [480, 960, 1920, 2880]
const hybridSamples = [480, 960]
const celtSamples = [120, 240, 480, 960]

/**
 * @returns How long an Opus packet is, in samples at 48 kHz.
 * @see RFC 6716 §3.1, §3.2
 */
export function opusFrameSamples(bytes: Uint8Array, start: number, end: number): number {
  const toc = byteAt(bytes, start)
  const configuration = toc >> 3
  const samples =
    configuration < 12
      ? silkSamples[configuration & 3]
      : configuration < 16
        ? hybridSamples[configuration & 1]
        : celtSamples[configuration & 3]
  const code = toc & 3
  // One frame, two, or as many as the second byte says; together no more than 120 ms.
  const frames =
    code === 0 ? 1 : code < 3 ? 2 : start + 1 < end ? byteAt(bytes, start + 1) & 0x3f : 0
  return Math.min((samples ?? 0) * frames, 5760)
}
