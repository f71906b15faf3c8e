import { writeAvcConfiguration } from './box/avcc.ts'
import { writeElementaryStreamDescriptor } from './box/esds.ts'
import { fragmentBoxes } from './box/fragment-boxes.ts'
import { writeHevcConfiguration } from './box/hvcc.ts'
import type { Layout } from './box/layout.ts'
import { movieBoxes } from './box/movie-boxes.ts'
import { sampleEntries } from './box/sample-entries.ts'
import { type BoxNode, box, bytesTail, encodeBoxes } from './box/write.ts'
import { ascii } from './bytes.ts'
import { parseSps } from './h264/sps.ts'
import { parseHevcSps } from './h265/sps.ts'
import type { AudioTrack, OpusTrack, VideoTrack } from './tracks.ts'

/** Those of a camera sold with Secure Video, and `iso5` and `iso6` for what fragments and `prft` need. */
const brands = { avc1: 'isomiso5iso6mp42avc1', hvc1: 'isomiso5iso6mp42' }
const avcC: Layout = { type: 'avcC', fields: [] }
const hvcC: Layout = { type: 'hvcC', fields: [] }
const esds: Layout = { type: 'esds', full: { version: 0, flags: 0 }, fields: [] }

/**
 * Writes the init segment of a recording: `ftyp` and a `moov` without samples. The `moov` is the one
 * that a camera sold with Secure Video sends, field by field.
 *
 * ```
 * ftyp
 * moov
 *   mvhd
 *   trak                              one for each track, video first
 *     tkhd
 *     mdia
 *       mdhd, hdlr
 *       minf
 *         vmhd | smhd
 *         dinf → dref → url
 *         stbl
 *           stsd → avc1 → avcC [pasp] | hvc1 → hvcC [pasp] | mp4a → esds | Opus → dOps
 *           sgpd                      with Opus: roll
 *           stsz, stsc, stts, stco    empty
 *   mvex
 *     mehd
 *     trex                            one for each track
 * ```
 * @param tracks - Leave `audio` out for a recording without sound; an empty track would make players wait.
 * @throws Fmp4Error FMP4_PARAMETER_SETS without VPS (H.265), SPS and PPS, FMP4_BITSTREAM when the SPS cannot be
 * read, FMP4_TOO_LARGE when a parameter set does not fit; RangeError for a number that does not fit.
 * @see ISO/IEC 14496-12 §8.2 and §8.8
 */
export function initSegment(tracks: {
  video: VideoTrack
  audio?: AudioTrack | OpusTrack
}): Uint8Array {
  const { video, audio } = tracks
  const all = audio === undefined ? [video] : [video, audio]
  return encodeBoxes([
    box(movieBoxes.ftyp, {
      values: { majorBrand: 'mp42', minorVersion: 1 },
      tail: bytesTail(ascii(brands[video.codec])),
    }),
    box(movieBoxes.moov, {
      children: [
        box(movieBoxes.mvhd, { values: { timescale: 1000, nextTrackId: 0xffffffff } }),
        videoTrak(video),
        ...(audio === undefined
          ? []
          : [audio.codec === 'opus' ? opusTrak(audio) : audioTrak(audio)]),
        box(fragmentBoxes.mvex, {
          children: [
            box(fragmentBoxes.mehd),
            ...all.map(({ trackId }) => box(fragmentBoxes.trex, { values: { trackId } })),
          ],
        }),
      ],
    }),
  ])
}

function videoTrak(track: VideoTrack): BoxNode {
  const { configuration, sps } = videoConfiguration(track)
  const { width, height, vui } = sps
  const pixel = vui.sampleAspectRatio ?? { width: 1, height: 1 }
  const pasp = box(sampleEntries.pasp, {
    values: { hSpacing: pixel.width, vSpacing: pixel.height },
  })
  const entry = box(sampleEntries[track.codec], {
    values: { width, height },
    children: [configuration, ...(pixel.width === pixel.height ? [] : [pasp])],
  })
  const size = { width: track.width * 0x10000, height: track.height * 0x10000 }
  return trak({
    tkhd: { trackId: track.trackId, ...size },
    timescale: track.timescale,
    handler: ['vide', 'Video Handler'],
    mediaHeader: box(movieBoxes.vmhd),
    sampleEntry: entry,
  })
}

function videoConfiguration(track: VideoTrack) {
  const [first = new Uint8Array()] = track.sps
  // Written first: what is missing is told better than that nothing cannot be read.
  if (track.codec === 'avc1') {
    const tail = bytesTail(writeAvcConfiguration(track.sps, track.pps))
    return { configuration: box(avcC, { tail }), sps: parseSps(first) }
  }
  const tail = bytesTail(writeHevcConfiguration(track))
  return { configuration: box(hvcC, { tail }), sps: parseHevcSps(first) }
}

function audioTrak(track: AudioTrack): BoxNode {
  const { audioSpecificConfig, bitrate = 64_000 } = track
  const descriptor = writeElementaryStreamDescriptor(audioSpecificConfig, bitrate)
  const mp4a = box(sampleEntries.mp4a, {
    values: { channelCount: track.channels, sampleRate: track.sampleRate },
    children: [box(esds, { tail: bytesTail(descriptor) })],
  })
  return trak({
    tkhd: { trackId: track.trackId, volume: 0x0100 },
    timescale: track.sampleRate,
    handler: ['soun', 'Sound Handler'],
    mediaHeader: box(movieBoxes.smhd),
    sampleEntry: mp4a,
  })
}

/** The one rate that Opus is timed with. */
const opusTimescale = 48_000
/** Decoding begins 80 ms early: four packets of 20 ms. */
const opusRollDistance = -4

function opusTrak({ trackId, channels, inputSampleRate, preSkip = 0 }: OpusTrack): BoxNode {
  const values = { outputChannelCount: channels, preSkip, inputSampleRate }
  return trak({
    tkhd: { trackId, volume: 0x0100 },
    timescale: opusTimescale,
    handler: ['soun', 'Sound Handler'],
    mediaHeader: box(movieBoxes.smhd),
    sampleEntry: box(sampleEntries.Opus, {
      values: { channelCount: channels, sampleRate: opusTimescale },
      children: [box(sampleEntries.dOps, { values })],
    }),
    sampleGroup: box(sampleEntries.sgpd, { values: { rollDistance: opusRollDistance } }),
  })
}

function trak(parts: {
  tkhd: Record<string, number>
  timescale: number
  handler: readonly [type: string, name: string]
  mediaHeader: BoxNode
  sampleEntry: BoxNode
  sampleGroup?: BoxNode
}): BoxNode {
  const [handlerType, name] = parts.handler
  const dref = box(movieBoxes.dref, { children: [box(movieBoxes['url '])] })
  const stbl = box(movieBoxes.stbl, {
    children: [
      box(movieBoxes.stsd, { children: [parts.sampleEntry] }),
      box(movieBoxes.stsz),
      box(movieBoxes.stsc),
      box(movieBoxes.stts),
      box(movieBoxes.stco),
      ...(parts.sampleGroup === undefined ? [] : [parts.sampleGroup]),
    ],
  })
  const minf = [parts.mediaHeader, box(movieBoxes.dinf, { children: [dref] }), stbl]
  const mdia = [
    box(movieBoxes.mdhd, { values: { timescale: parts.timescale } }),
    box(movieBoxes.hdlr, { values: { handlerType }, tail: bytesTail(ascii(`${name}\0`)) }),
    box(movieBoxes.minf, { children: minf }),
  ]
  return box(movieBoxes.trak, {
    children: [
      box(movieBoxes.tkhd, { values: parts.tkhd }),
      box(movieBoxes.mdia, { children: mdia }),
    ],
  })
}
