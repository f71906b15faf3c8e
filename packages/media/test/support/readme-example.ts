import { Fragmenter, initSegment, renderFragment } from '@hksv/fmp4'
import { isMediaError, openSource } from '@hksv/media'

/** Records `seconds` of a source; `spec` is "sample" or the path of an MP4 file. */
export async function record(spec: string, seconds: number): Promise<Uint8Array[]> {
  const source = await openSource(spec).catch((error: unknown) => {
    // One sentence that says the way out, such as the ffmpeg command that makes a usable file.
    throw isMediaError(error) ? new Error(error.message, { cause: error }) : error
  })
  await using _ = source
  const { video, audio } = source.description
  const parts = [
    initSegment({
      video: { ...video, codec: 'avc1', trackId: 1 },
      ...(audio && { audio: { ...audio, codec: 'mp4a', trackId: 2 } }),
    }),
  ]
  const fragmenter = new Fragmenter({ video, ...(audio && { audio }) })
  const origin = { videoTime: 0 }
  let sequenceNumber = 0
  for await (const sample of source.samples(AbortSignal.timeout(seconds * 1000))) {
    const fragment = fragmenter.push(sample)
    if (fragment === undefined) continue
    sequenceNumber++
    parts.push(...renderFragment(fragment, { sequenceNumber, origin, withAudio: true }))
  }
  return parts
}
