import { Fragmenter, initSegment, ntpTimestamp, renderFragment } from '@hksv/fmp4'
import { isMediaError, movieTracks, openSource } from '@hksv/media'

/** Records `seconds` of a source; `spec` is "sample" or the path of an MP4 file. */
export async function record(spec: string, seconds: number): Promise<Uint8Array[]> {
  const source = await openSource(spec).catch((error: unknown) => {
    // One sentence that says the way out, such as the ffmpeg command that makes a usable file.
    throw isMediaError(error) ? new Error(error.message, { cause: error }) : error
  })
  await using _ = source
  const { video, audio } = source.description
  const parts = [initSegment(movieTracks(source.description))]
  const fragmenter = new Fragmenter({ video, ...(audio && { audio }) })
  const startedAt = Date.now()
  let sequenceNumber = 0
  for await (const sample of source.samples(AbortSignal.timeout(seconds * 1000))) {
    const fragment = fragmenter.push(sample)
    if (fragment === undefined) continue
    const time = { ntpTimestamp: ntpTimestamp(startedAt + fragment.startMs) }
    parts.push(
      ...renderFragment(fragment, {
        sequenceNumber: ++sequenceNumber,
        origin: { videoTime: 0 },
        withAudio: true,
        // Hubs want to know it of H.265, and of H.265 only.
        ...(video.codec === 'h265' && { producerReferenceTime: time }),
      }),
    )
  }
  return parts
}
