import { type Fragment, Fragmenter, type FragmenterOptions, type MediaSample } from '@hksv/fmp4'

import { audio, frameLength, video } from './stream.ts'

export const options: FragmenterOptions = {
  video: { timescale: video.timescale },
  audio: { sampleRate: audio.sampleRate, frameLength },
}

/** @returns All fragments of the samples, those of the end included. */
export function collect(
  samples: Iterable<MediaSample>,
  fragmenter: Fragmenter = new Fragmenter(options),
): Fragment[] {
  const fragments: Fragment[] = []
  for (const sample of samples) {
    const fragment = fragmenter.push(sample)
    if (fragment !== undefined) fragments.push(fragment)
  }
  for (let last = fragmenter.flush(); last !== undefined; last = fragmenter.flush())
    fragments.push(last)
  return fragments
}
