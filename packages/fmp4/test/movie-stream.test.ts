import { MovieStream, type MovieStreamEvent, readMovie } from '@hksv/fmp4'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { findBox, patch32 } from './support/patch.ts'
import { accepted, codeOf } from './support/vectors.ts'

const fragmented = ['movies', 'hevc-movies']
  .flatMap(name => accepted<{ isFragmented: boolean }>(name))
  .filter(({ value }) => value.isFragmented)

/** What is comparable of events, whose data is a view. */
function rows(events: readonly MovieStreamEvent[]) {
  return events.map(event =>
    event.type === 'tracks'
      ? event.tracks.map(({ trackId, codec, timescale }) => ({ trackId, codec, timescale }))
      : { ...event, data: Buffer.from(event.data).toString('hex') },
  )
}

function inPieces(pieces: readonly Uint8Array[]) {
  const stream = new MovieStream()
  return pieces.flatMap(piece => rows(stream.receive(piece)))
}

/** The same from the tables of the file, without what stands before the first fragment. */
function expectedSamples(bytes: Uint8Array) {
  const first = findBox(bytes, 'moof').offset
  return readMovie(bytes).tracks.flatMap(({ trackId, samples }) =>
    Array.from(samples.decodeTimes).flatMap((decodeTime, i) => {
      const at = samples.offsets[i] ?? 0
      if (at < first) return []
      return [
        {
          type: 'sample',
          trackId,
          decodeTime,
          compositionOffset: samples.compositionOffsets?.[i] ?? 0,
          isSync: samples.isSync[i] === 1,
          data: Buffer.from(bytes.subarray(at, at + (samples.sizes[i] ?? 0))).toString('hex'),
        },
      ]
    }),
  )
}

describe('a stream of fragments', () => {
  test('there are vectors to read', () => expect(fragmented.length).toBeGreaterThan(1))

  test.each(fragmented)('$name: every sample, as from a file', ({ bytes }) => {
    const [tracks, ...samples] = inPieces([bytes])
    expect(tracks).toHaveLength(readMovie(bytes).tracks.length)
    const byTrack = [1, 2].flatMap(id =>
      samples.filter(row => 'trackId' in row && row.trackId === id),
    )
    expect(byTrack).toEqual(expectedSamples(bytes))
  })

  test.each(fragmented)('$name: the same byte by byte, and at every cut', ({ bytes }) => {
    const whole = inPieces([bytes])
    expect(inPieces(Array.from(bytes, byte => Uint8Array.of(byte)))).toEqual(whole)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), cuts => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i], end))
        expect(inPieces(pieces)).toEqual(whole)
      }),
    )
  })

  const bytes = fragmented[0]?.bytes ?? new Uint8Array()
  const read = (damaged: Uint8Array) => codeOf(() => new MovieStream().receive(damaged))

  test('what is damaged is refused', () => {
    const at = (type: string) => findBox(bytes, type).offset
    expect(read(Buffer.from('this is text, and none of MP4'))).toBe('FMP4_NOT_MP4')
    expect(read(patch32(bytes, at('moov'), () => 7))).toBe('FMP4_BOX_SIZE')
    expect(read(patch32(bytes, at('moov'), () => 0x7fff_ffff))).toBe('FMP4_LIMIT')
    // A moof without the moov before it.
    const headless = Buffer.concat([bytes.subarray(0, at('moov')), bytes.subarray(at('moof'))])
    expect(read(headless)).toBe('FMP4_BOX_MISSING')
    expect(read(patch32(bytes, at('trun') + 16, () => 0x7fff_0000))).toBe('FMP4_TRUNCATED')
  })

  test('no more than one box is kept', () => {
    const stream = new MovieStream({ maxBoxLength: 2000 })
    for (const byte of bytes.subarray(0, bytes.length - 1)) {
      stream.receive(Uint8Array.of(byte))
      expect(stream.pendingLength).toBeLessThan(2000)
    }
  })
})
