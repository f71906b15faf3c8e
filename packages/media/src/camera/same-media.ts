import type { SourceDescription } from '../source.ts'
import type { StreamEvent } from './stream-receiver.ts'

/** @returns What a stream says of itself, under a name for people. */
export function descriptionOf(
  name: string,
  { video, audio, liveAudio }: Extract<StreamEvent, { type: 'described' }>,
): SourceDescription {
  return { name, video, ...(audio && { audio }), ...(liveAudio && { liveAudio }) }
}

/** @returns Whether one init segment fits both, and what is heard live is of one kind. */
export function isSameMedia(one: SourceDescription, other: SourceDescription): boolean {
  const [ours, theirs] = [one, other].map(
    ({ video, audio, liveAudio }) =>
      [
        [video.codec, video.timescale, audio?.codec, liveAudio?.codec, liveAudio?.sampleRate],
        [
          ...(video.codec === 'h265' ? video.vps : []),
          ...video.sps,
          ...video.pps,
          audio?.audioSpecificConfig ?? new Uint8Array(),
        ],
      ] as const,
  )
  if (ours === undefined || theirs === undefined) return false
  return (
    ours[0].every((value, i) => value === theirs[0][i]) &&
    ours[1].length === theirs[1].length &&
    ours[1].every((set, i) => Buffer.from(set).equals(theirs[1][i] ?? new Uint8Array()))
  )
}
