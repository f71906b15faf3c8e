import { fragmentBoxes, sampleFlags, tfhdFlags, trunFlags } from '../box/fragment-boxes.ts'
import { type BoxNode, box, type Tail, writeBox, writeBoxHeader } from '../box/write.ts'
import { rescale, viewOf } from '../bytes.ts'
import type { Fragment } from './fragment.ts'
import { placeAudio } from './place-audio.ts'
import { type ProducerReferenceTime, prft } from './producer-reference-time.ts'
import { segmentHead } from './segment-head.ts'
import type { TrackRun } from './track-run.ts'

/** How a fragment is written for one recording. */
export interface RenderOptions {
  /** 1 for the first fragment of a recording, then one more each. */
  readonly sequenceNumber: number
  /** `videoTime` is the video decode time of the recording's first fragment: time 0 of what is sent. */
  readonly origin: { readonly videoTime: number }
  /** False leaves the audio out. */
  readonly withAudio: boolean
  /**
   * When the first picture was taken: a `prft` box is written in front of the `moof`. Hubs that take
   * H.265 want it for each fragment; H.264 is sent without.
   */
  readonly producerReferenceTime?: ProducerReferenceTime
  /**
   * True writes `styp` and `sidx` in front, for players of DASH and HLS; hubs are sent neither. False
   * unless told.
   */
  readonly isSegment?: boolean
}

/**
 * Writes a fragment: one `moof` and one `mdat`, first all video, then all audio.
 *
 * ```
 * [styp sidx]            of a segment
 * [prft]                 version 1, flags 0; its media time is that of the video's tfdt
 * moof
 *   mfhd
 *   traf                 video
 *     tfhd               020020: default flags 01010000
 *     tfdt               version 1
 *     trun ...           000305: offset, flags of the first sample, duration and size of each;
 *                        one from each key frame on. 000800 and version 1 with B frames
 *   traf                 audio
 *     tfhd               020028: default duration and flags
 *     tfdt
 *     trun               000201, or 000301 when durations differ
 * mdat
 * ```
 * @returns What is in front of the `moof`, if anything is, each a buffer, a small buffer with `moof` and the header of `mdat`, then the pages of the samples, which
 * still belong to the fragment: send them, do not write to them.
 * @throws RangeError when the fragment begins before the origin, or a number does not fit its field.
 * @see ISO/IEC 14496-12 §8.8.4 to §8.8.12
 */
export function renderFragment(fragment: Fragment, options: RenderOptions): Uint8Array[] {
  const { video } = fragment
  const { origin, producerReferenceTime } = options
  const { videoTime } = origin
  const videoDecodeTime = video.decodeTime - videoTime
  const audioOrigin =
    fragment.audio && rescale(videoTime, video.timescale, fragment.audio.timescale, Math.ceil)
  const isFirst = video.decodeTime === videoTime
  const audio =
    options.withAudio && fragment.audio && placeAudio(fragment.audio, audioOrigin ?? 0, isFirst)
  const runs = audio ? [video, audio] : [video]
  const payloadLength = runs.reduce((sum, run) => sum + run.byteLength, 0)
  const moofOf = (moofSize: number): BoxNode => {
    const dataOffset = moofSize + 8
    const trafs = [videoTraf(video, videoDecodeTime, dataOffset)]
    if (audio) {
      const time = audio.decodeTime - (audioOrigin ?? 0)
      trafs.push(audioTraf(audio, time, dataOffset + video.byteLength))
    }
    const mfhd = box(fragmentBoxes.mfhd, { values: { sequenceNumber: options.sequenceNumber } })
    return box(fragmentBoxes.moof, { children: [mfhd, ...trafs] })
  }
  // The offsets need the size of the moof, which does not depend on them.
  const moof = moofOf(moofOf(0).size)
  const head = new Uint8Array(moof.size + 8)
  const view = viewOf(head)
  writeBox(moof, view, 0)
  writeBoxHeader(view, moof.size, 'mdat', payloadLength + 8)
  const time = producerReferenceTime && prft(video, videoDecodeTime, producerReferenceTime)
  const parts = [...(time ? [time] : []), head, ...runs.flatMap(run => run.pages)]
  if (options.isSegment !== true) return parts
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return [segmentHead(video, videoDecodeTime, length), ...parts]
}

function videoTraf(run: TrackRun, decodeTime: number, dataOffset: number): BoxNode {
  const truns: BoxNode[] = []
  let offset = dataOffset
  let from = 0
  run.keyFrames.forEach((_, i) => {
    const to = run.keyFrames[i + 1] ?? run.sampleCount
    const values = { dataOffset: offset, firstSampleFlags: sampleFlags.sync }
    truns.push(trun(run, { from, to, hasDurations: true, values }))
    for (; from < to; from++) offset += run.sizes[from] ?? 0
  })
  return traf(run, decodeTime, { defaultSampleFlags: sampleFlags.dependent }, truns)
}

function audioTraf(run: TrackRun, decodeTime: number, dataOffset: number): BoxNode {
  const [duration = 1] = run.durations
  const hasDurations = run.durations.some(other => other !== duration)
  const values = { dataOffset }
  const defaults = { defaultSampleDuration: duration, defaultSampleFlags: sampleFlags.sync }
  const samples = trun(run, { from: 0, to: run.sampleCount, hasDurations, values })
  return traf(run, decodeTime, defaults, [samples])
}

function traf(
  run: TrackRun,
  baseMediaDecodeTime: number,
  defaults: { defaultSampleDuration?: number; defaultSampleFlags: number },
  truns: readonly BoxNode[],
): BoxNode {
  const flags =
    tfhdFlags.defaultBaseIsMoof |
    tfhdFlags.defaultSampleFlags |
    (defaults.defaultSampleDuration === undefined ? 0 : tfhdFlags.defaultSampleDuration)
  return box(fragmentBoxes.traf, {
    children: [
      box(fragmentBoxes.tfhd, { flags, values: { trackId: run.trackId, ...defaults } }),
      box(fragmentBoxes.tfdt, { values: { baseMediaDecodeTime } }),
      ...truns,
    ],
  })
}

interface Slice {
  readonly from: number
  readonly to: number
  readonly hasDurations: boolean
  readonly values: { dataOffset: number; firstSampleFlags?: number }
}

function trun(run: TrackRun, { from, to, hasDurations, values }: Slice): BoxNode {
  const { durations, sizes, compositionOffsets } = run
  const columns: (Uint32Array | Int32Array)[] = [sizes]
  let flags: number = trunFlags.dataOffset | trunFlags.sampleSize
  if (values.firstSampleFlags !== undefined) flags |= trunFlags.firstSampleFlags
  if (hasDurations) {
    flags |= trunFlags.sampleDuration
    columns.unshift(durations)
  }
  if (compositionOffsets !== undefined) {
    flags |= trunFlags.sampleCompositionTimeOffset
    columns.push(compositionOffsets)
  }
  const version = compositionOffsets === undefined ? 0 : 1
  const table: Tail = {
    byteLength: (to - from) * columns.length * 4,
    write(view, start) {
      let offset = start
      for (let i = from; i < to; i++)
        for (const column of columns) {
          view.setInt32(offset, (column[i] ?? 0) | 0)
          offset += 4
        }
    },
  }
  const counted = { sampleCount: to - from, ...values }
  return box(fragmentBoxes.trun, { version, flags, values: counted, tail: table })
}
