import { resolve } from 'node:path'

import { assetPath } from '../assets.ts'
import { MediaError } from '../errors.ts'
import { pathOf } from '../file/path-of.ts'
import type { FfmpegInput } from './probe-input.ts'
import { redact } from './redact.ts'
import { splitArguments } from './split-arguments.ts'

/**
 * Reads what stands behind `ffmpeg:`: options of an input, and `-i`.
 * @throws MediaError MEDIA_FFMPEG_ARGUMENTS
 */
function parseFfmpegInput(text: string): FfmpegInput {
  const args = splitArguments(text)
  const name = args[args.lastIndexOf('-i') + 1]
  if (!args.includes('-i') || name === undefined)
    throw new MediaError('MEDIA_FFMPEG_ARGUMENTS', { detail: 'there is no -i with an input' })
  if (args.at(-2) !== '-i') {
    const detail = `${redact(args.at(-1) ?? '')} stands behind the input`
    throw new MediaError('MEDIA_FFMPEG_ARGUMENTS', { detail })
  }
  return { args, name: redact(name) }
}

/**
 * @param spec - As of `openSource`.
 * @returns How ffmpeg reads a source.
 * @throws MediaError MEDIA_FFMPEG_ARGUMENTS, MEDIA_UNKNOWN_SOURCE
 */
export function inputOf(spec: string): FfmpegInput {
  if (/^ffmpeg:/i.test(spec)) return parseFfmpegInput(spec.slice('ffmpeg:'.length))
  if (/^rtsp[st]?:/i.test(spec)) return rtspInput(spec)
  return fileInput(spec === 'sample' ? assetPath('sample.mp4') : pathOf(spec))
}

/** A file, over and over, at the pace of a live camera. */
function fileInput(path: string): FfmpegInput {
  // "file:" keeps a path from being read as an option or as another protocol.
  const input = ['-i', `file:${resolve(path)}`]
  return { args: ['-re', '-stream_loop', '-1', ...input], name: path }
}

/** Quotes for a line of ffconcat. */
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`

/**
 * A camera over RTSP. Its address is given through a pipe, as a list of one: everybody on the machine can
 * see the arguments of a process.
 */
function rtspInput(url: string): FfmpegInput {
  const stdin = `ffconcat version 1.0\nfile ${quoted(url)}\noption rtsp_transport tcp\n`
  const protocols = 'pipe,rtsp,rtsps,rtp,srtp,tcp,udp,tls,crypto'
  const args = ['-protocol_whitelist', protocols, '-f', 'concat', '-safe', '0', '-i', 'pipe:0']
  return { args, name: redact(url), stdin }
}
