import {
  type AudioTrack,
  Fragmenter,
  FragmentInspector,
  initSegment,
  type MediaSample,
  ntpTimestamp,
  renderFragment,
  type VideoTrack,
} from '@hksv/fmp4'

/** Yields the init segment and the fragments of one recording. */
export function* record(
  tracks: { video: VideoTrack; audio: AudioTrack },
  samples: Iterable<MediaSample>,
  { startedAt, note }: { startedAt: number; note: (line: string) => void },
): Generator<Uint8Array[]> {
  const { video, audio } = tracks
  const fragmenter = new Fragmenter({
    video: { timescale: video.timescale },
    audio: { sampleRate: audio.sampleRate, frameLength: 1024 },
  })
  const init = initSegment(tracks)
  const inspector = new FragmentInspector(init)
  yield [init]

  let sequenceNumber = 0
  let origin: { videoTime: number } | undefined
  for (const sample of samples) {
    const fragment = fragmenter.push(sample)
    if (fragment === undefined) continue
    origin ??= { videoTime: fragment.video.decodeTime }
    const parts = renderFragment(fragment, {
      sequenceNumber: ++sequenceNumber,
      origin,
      withAudio: true,
      // Hubs want it of H.265, and of H.265 only.
      ...(video.codec === 'hvc1' && {
        producerReferenceTime: { ntpTimestamp: ntpTimestamp(startedAt + fragment.startMs) },
      }),
    })
    // "#1 video 0+360000 120/297355 [5] audio 0+128000 125/15624 skew 0.0 ms ok"
    note(inspector.inspect(new Uint8Array(Buffer.concat(parts))).line)
    yield parts
  }
}
