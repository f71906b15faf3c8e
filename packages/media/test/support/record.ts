import {
  type Fragment,
  Fragmenter,
  initSegment,
  type MediaSample,
  ntpTimestamp,
  renderFragment,
} from '@hksv/fmp4'
import { type MediaSource, movieTracks, openSource } from '@hksv/media'

import { VirtualClock } from './virtual-clock.ts'

/** @returns All samples of a source up to a time, copied. */
export async function samplesOf(source: MediaSource, seconds: number): Promise<MediaSample[]> {
  const samples: MediaSample[] = []
  const { video, audio } = source.description
  for await (const sample of source.samples(new AbortController().signal)) {
    const timescale = sample.track === 'video' ? video.timescale : (audio?.sampleRate ?? 1)
    if (sample.decodeTime / timescale >= seconds - 1e-6) break
    samples.push({ ...sample, data: sample.data.slice() })
  }
  return samples
}

export interface Recording {
  readonly source: MediaSource
  readonly samples: MediaSample[]
  readonly fragments: Fragment[]
  readonly init: Uint8Array
  readonly bytes: Uint8Array[]
}

/** Opens a source and puts its first seconds into fragments, in virtual time. */
export async function record(spec: string, seconds: number): Promise<Recording> {
  const source = await openSource(spec, { clock: new VirtualClock() })
  const recording = await recordSource(source, seconds)
  await source[Symbol.asyncDispose]()
  return recording
}

/** Puts the first seconds of a source into fragments. */
export async function recordSource(source: MediaSource, seconds: number): Promise<Recording> {
  const samples = await samplesOf(source, seconds)
  const { video, audio } = source.description
  const fragmenter = new Fragmenter({ video, ...(audio && { audio }) })
  const fragments = samples.flatMap(sample => fragmenter.push(sample) ?? [])
  for (let last = fragmenter.flush(); last !== undefined; last = fragmenter.flush())
    fragments.push(last)
  const init = initSegment(movieTracks(source.description))
  const videoTime = fragments[0]?.video.decodeTime ?? 0
  const bytes = fragments.map((fragment, i) => {
    const time = { ntpTimestamp: ntpTimestamp(1e12 + fragment.startMs) }
    const parts = renderFragment(fragment, {
      ...{ sequenceNumber: i + 1, origin: { videoTime }, withAudio: true },
      ...(video.codec === 'h265' && { producerReferenceTime: time }),
    })
    return join(parts)
  })
  return { source, samples, fragments, init, bytes }
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
