import { writeFileSync } from 'node:fs'

import { type Fragment, Fragmenter, initSegment, renderFragment } from '@hksv/fmp4'
import { type MediaSource, movieTracks } from '@hksv/media'
import { expect } from 'vitest'

import { type ClipDirectory, decodeErrors, frameHashes } from './ffmpeg.ts'

/** What came of one reading of a source. */
export interface Take {
  readonly init: Uint8Array
  readonly fragments: Uint8Array[]
  /** How it ended. */
  readonly error: unknown
}

/**
 * Records as an accessory does: each reading begins with an init segment, and one that ends is followed by
 * the next.
 * @param count - So many fragments are enough.
 * @param failed - Told of the first error, which is the end then.
 * @param each - Is waited for after each sample.
 */
export async function recordTakes(
  source: MediaSource,
  count: number,
  failed?: (error: unknown) => void,
  each: () => Promise<void> = async () => undefined,
): Promise<Take[]> {
  const takes: Take[] = []
  for (let total = 0; total < count; ) {
    const { description } = source
    const { video, audio } = description
    const fragmenter = new Fragmenter({ video, ...(audio && { audio }), fragmentDurationMs: 1000 })
    const fragments: Fragment[] = []
    const stop = new AbortController()
    let error: unknown
    try {
      for await (const sample of source.samples(stop.signal)) {
        const fragment = fragmenter.push(sample)
        if (fragment !== undefined) fragments.push(fragment)
        if (total + fragments.length >= count) stop.abort()
        await each()
      }
    } catch (cause) {
      error = cause
    }
    total += fragments.length
    const videoTime = fragments[0]?.video.decodeTime ?? 0
    takes.push({
      init: initSegment(movieTracks(description)),
      fragments: fragments.map((fragment, i) =>
        Buffer.concat(
          renderFragment(fragment, {
            sequenceNumber: i + 1,
            origin: { videoTime },
            withAudio: audio !== undefined,
          }),
        ),
      ),
      error,
    })
    if (error === undefined || failed === undefined) continue
    failed(error)
    break
  }
  return takes
}

/** Each fragment decodes by itself without a word, and each picture of it is one of `known`. */
export function expectWhole(
  takes: readonly Take[],
  clips: ClipDirectory,
  known: ReadonlySet<string>,
): void {
  for (const [i, { init, fragments }] of takes.entries()) {
    for (const [j, fragment] of fragments.entries()) {
      const path = clips.file(`take-${i}-${j}.mp4`)
      writeFileSync(path, Buffer.concat([init, fragment]))
      expect(decodeErrors(path)).toBe('')
      const hashes = frameHashes(path, 'v')
      expect(hashes.length).toBeGreaterThan(0)
      expect(hashes.filter(hash => !known.has(hash))).toEqual([])
    }
  }
}
