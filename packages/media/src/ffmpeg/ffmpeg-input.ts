import { resolve } from 'node:path'

import { assetPath } from '../assets.ts'
import { MediaError } from '../errors.ts'
import { pathOf } from '../file/path-of.ts'
import type { FfmpegInput } from './probe-input.ts'
import { redact } from './redact.ts'
import { splitArguments } from './split-arguments.ts'

/** Options of ffmpeg itself, that say how an input is read; with how many words behind. */
const OF_FFMPEG: ReadonlyMap<string, number> = new Map([
  ['-re', 0],
  ['-stream_loop', 1],
  ['-thread_queue_size', 1],
])
/** Options of RTSP and HTTP, which go with the address. */
const OF_ADDRESS: ReadonlySet<string> = new Set([
  ...['-rtsp_transport', '-rtsp_flags', '-allowed_media_types', '-reorder_queue_size'],
  ...['-timeout', '-stimeout', '-user_agent', '-buffer_size', '-max_delay'],
])
const PROTOCOLS = 'pipe,rtsp,rtsps,rtp,srtp,http,https,httpproxy,tcp,udp,tls,crypto'

/**
 * @param spec - As of `openSource`.
 * @returns How ffmpeg reads a source.
 * @throws MediaError MEDIA_FFMPEG_ARGUMENTS, MEDIA_UNKNOWN_SOURCE
 */
export function inputOf(spec: string): FfmpegInput {
  if (/^ffmpeg:/i.test(spec)) return parseFfmpegInput(spec.slice('ffmpeg:'.length))
  const [scheme, kind] = /^rtsp([stu]?):/i.exec(spec) ?? []
  if (scheme !== undefined) {
    const isUdp = kind?.toLowerCase() === 'u'
    // ffmpeg does not know the schemes that allow one transport only.
    const url = kind?.toLowerCase() === 's' ? spec : spec.replace(scheme, 'rtsp:')
    return listed(url, [], ['-rtsp_transport', isUdp ? 'udp' : 'tcp'])
  }
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
  return hidden(args) ?? { args, name: redact(name) }
}

/**
 * Gives an address with a password through a pipe, as a list of one: everybody on the machine can see the
 * arguments of a process.
 * @param before - Options of ffmpeg itself.
 * @param options - Options of the address, name and value in turn.
 */
function listed(url: string, before: readonly string[], options: readonly string[]): FfmpegInput {
  const lines = options.flatMap((value, i) =>
    i % 2 === 0 ? [] : [`option ${options[i - 1]?.slice(1)} ${quoted(value)}`],
  )
  const stdin = ['ffconcat version 1.0', `file ${quoted(url)}`, ...lines, ''].join('\n')
  // What is in the list has been looked into when the list is.
  const list = ['-analyzeduration', '500000', '-protocol_whitelist', PROTOCOLS]
  list.push('-f', 'concat', '-safe', '0', '-i', 'pipe:0')
  return { args: [...before, ...list], name: redact(url), stdin }
}

/** @returns Nothing when there is no password, or an option that cannot be carried along. */
function hidden(args: readonly string[]): FfmpegInput | undefined {
  const url = args.at(-1) ?? ''
  if (!/^(rtsps?|https?):\/\/\S*@/i.test(url)) return undefined
  const before: string[] = []
  const options: string[] = []
  for (let i = 0; i < args.length - 2; i++) {
    const name = args[i] ?? ''
    const words = OF_FFMPEG.get(name)
    if (words !== undefined) {
      before.push(...args.slice(i, i + 1 + words))
      i += words
    } else if (OF_ADDRESS.has(name)) options.push(name, args[++i] ?? '')
    else return undefined
  }
  return listed(url, before, options)
}
