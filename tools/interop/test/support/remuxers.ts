import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { Fragmenter, initSegment, readMovie, renderFragment } from '@hksv/fmp4'
import { movieTracks, openSource } from '@hksv/media'
import {
  ALL_FORMATS,
  BufferSource,
  BufferTarget,
  Conversion,
  EncodedPacketSink,
  Input,
  Mp4OutputFormat,
  Output,
} from 'mediabunny'

/** A sample as a reader sees it; times in seconds, not rounded. */
export interface Seen {
  readonly decodeTime: number
  readonly presentationTime: number
  readonly isSync: boolean
  /** Length-prefixed NAL units, or an AAC frame. */
  readonly data: Uint8Array
}

export type Track = 'video' | 'audio'

/** An MP4 file in fragments, with as many samples of the video as there are. */
export async function withOurs(path: string, pictures: number): Promise<Uint8Array> {
  let now = 0
  const sleepUntil = async (time: number) => {
    now = time
  }
  const clock = { now: () => now, sleepUntil }
  await using source = await openSource(path, { clock })
  const { video, audio } = source.description
  const fragmenter = new Fragmenter({ video, ...(audio && { audio }) })
  const fragments = []
  let left = pictures
  // The file is a loop: what comes with the first picture of the next pass is not wanted.
  for await (const sample of source.samples(new AbortController().signal)) {
    if (sample.track === 'video' && left-- === 0) break
    fragments.push(fragmenter.push(sample) ?? [])
  }
  for (let last = fragmenter.flush(); last; last = fragmenter.flush()) fragments.push(last)
  const whole = fragments.flat()
  const origin = { videoTime: whole[0]?.video.decodeTime ?? 0 }
  const parts = whole.flatMap((fragment, i) =>
    renderFragment(fragment, { sequenceNumber: i + 1, origin, withAudio: true }),
  )
  return new Uint8Array(Buffer.concat([initSegment(movieTracks(source.description)), ...parts]))
}

export function withFfmpeg(path: string, output: string): Uint8Array {
  const args = ['-v', 'error', '-nostdin', '-y', '-i', path, '-c', 'copy', '-f', 'mp4', output]
  execFileSync('ffmpeg', args)
  return new Uint8Array(readFileSync(output))
}

export async function withMediabunny(bytes: Uint8Array): Promise<Uint8Array> {
  const target = new BufferTarget()
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'fragmented' }), target })
  const conversion = await Conversion.init({ input: inputOf(bytes), output })
  await conversion.execute()
  return new Uint8Array(target.buffer ?? [])
}

/** What our reader sees; edit lists are left to the caller, as all compare differences. */
export function seenByOurs(bytes: Uint8Array, track: Track): Seen[] {
  const found = readMovie(bytes).tracks.find(({ kind }) => kind === track)
  if (found === undefined) return []
  const { samples, timescale } = found
  return Array.from({ length: samples.count }, (_, i) => {
    const start = samples.offsets[i] ?? 0
    const decodeTime = samples.decodeTimes[i] ?? 0
    const offset = samples.compositionOffsets?.[i] ?? 0
    return {
      decodeTime: decodeTime / timescale,
      presentationTime: (decodeTime + offset) / timescale,
      isSync: samples.isSync[i] === 1,
      data: bytes.subarray(start, start + (samples.sizes[i] ?? 0)),
    }
  })
}

/** What mediabunny's reader sees; it tells no decode times. */
export async function seenByMediabunny(bytes: Uint8Array, track: Track): Promise<Seen[]> {
  const input = inputOf(bytes)
  const found = await (track === 'video'
    ? input.getPrimaryVideoTrack()
    : input.getPrimaryAudioTrack())
  if (found === null) return []
  const seen: Seen[] = []
  for await (const { timestamp, type, data } of new EncodedPacketSink(found).packets())
    seen.push({
      ...{ decodeTime: Number.NaN, presentationTime: timestamp },
      ...{ isSync: type === 'key', data },
    })
  return seen
}

/** What ffprobe sees: sizes, times and flags; the data is not asked for. */
export function seenByFfprobe(
  path: string,
  track: Track,
): (Omit<Seen, 'data'> & { size: number })[] {
  const entries = ['-show_entries', 'packet=pts_time,dts_time,size,flags', '-of', 'json']
  const args = ['-v', 'error', '-select_streams', track.slice(0, 1), ...entries, path]
  const { packets } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as {
    packets: { pts_time: string; dts_time: string; size: string; flags: string }[]
  }
  return packets.map(({ pts_time, dts_time, size, flags }) => ({
    decodeTime: Number(dts_time),
    presentationTime: Number(pts_time),
    isSync: flags.startsWith('K'),
    size: Number(size),
  }))
}

/**
 * What a recording keeps of a picture: slices and SEI. Delimiters, parameter sets, ends and filler are
 * left out, and zeros behind a NAL unit.
 */
export function slicesAndSei(codec: 'h264' | 'h265', data: Uint8Array): Uint8Array {
  const kept: Buffer[] = []
  const bytes = Buffer.from(data)
  for (let at = 0; at < bytes.length; ) {
    const start = at + 4
    let end = start + bytes.readUInt32BE(at)
    at = end
    const first = bytes[start] ?? 0
    const type = codec === 'h264' ? first & 31 : first >> 1
    const isSei = codec === 'h264' ? type === 6 : type === 39 || type === 40
    const isSlice = codec === 'h264' ? type >= 1 && type <= 5 : type < 32
    if (!isSlice && !isSei) continue
    while (bytes[end - 1] === 0) end--
    const length = Buffer.alloc(4)
    length.writeUInt32BE(end - start)
    kept.push(length, bytes.subarray(start, end))
  }
  return new Uint8Array(Buffer.concat(kept))
}

function inputOf(bytes: Uint8Array): Input {
  return new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS })
}
