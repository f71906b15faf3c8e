import { type Fragment, Fragmenter, initSegment, renderFragment } from '@hksv/fmp4'
import { openSource } from '@hksv/media'

/** The built-in sample as a camera would send it. */
export async function samplePackets(fragmentCount: number, withAudio = true): Promise<Buffer[]> {
  // As fast as it can be read.
  const clock = { now: () => 0, sleepUntil: async () => undefined }
  await using source = await openSource('sample', { clock })
  const { video, audio } = source.description
  if (audio === undefined) throw new Error('the sample has lost its sound')
  const fragmenter = new Fragmenter({ video, audio })
  const fragments: Fragment[] = []
  for await (const sample of source.samples(new AbortController().signal)) {
    const fragment = fragmenter.push(sample)
    if (fragment !== undefined) fragments.push(fragment)
    if (fragments.length === fragmentCount) break
  }
  const origin = { videoTime: fragments[0]?.video.decodeTime ?? 0 }
  const init = initSegment({
    video: { ...video, codec: 'avc1', trackId: 1 },
    ...(withAudio && { audio: { ...audio, codec: 'mp4a', trackId: 2 } }),
  })
  const media = fragments.map((fragment, i) =>
    Buffer.concat(renderFragment(fragment, { sequenceNumber: i + 1, origin, withAudio })),
  )
  return [Buffer.from(init), ...media]
}
