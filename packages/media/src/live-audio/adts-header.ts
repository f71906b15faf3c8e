import { audioObjectTypes, writeAudioSpecificConfig } from '@hksv/fmp4'

import type { AudioDescription } from '../source.ts'

const headerLength = 7
const maxLength = 0x1fff

/**
 * Makes what stands in front of each frame of AAC-LC in a stream of ADTS.
 * @returns Nothing when ADTS cannot say what this is: AAC-ELD, or frames of 960 samples.
 * @throws RangeError (what is returned) for a frame of more than 8184 bytes.
 * @see ISO/IEC 14496-3 §1.A.2.2.1
 */
export function adtsHeaders(
  description: AudioDescription,
): ((frameLength: number) => Uint8Array) | undefined {
  const { codec, sampleRate, channels, frameLength: samples } = description
  if (codec !== 'aac-lc' || samples !== 1024) return undefined
  const config = { objectType: audioObjectTypes.aacLc, sampleRate, channels, frameLength: samples }
  const [first = 0, second = 0] = writeAudioSpecificConfig(config)
  const rate = ((first & 7) << 1) | (second >> 7)
  const layout = (second >> 3) & 0xf
  return frameLength => {
    const length = frameLength + headerLength
    if (length > maxLength) throw new RangeError(`${frameLength} bytes are no AAC frame`)
    return Uint8Array.of(
      0xff,
      0xf1,
      0x40 | (rate << 2) | (layout >> 2),
      ((layout & 3) << 6) | (length >> 11),
      (length >> 3) & 0xff,
      ((length & 7) << 5) | 0x1f,
      0xfc,
    )
  }
}
