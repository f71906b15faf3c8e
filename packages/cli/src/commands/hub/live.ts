import { existsSync } from 'node:fs'

import { type LiveEnd, LiveMovie, type LiveReport, LiveView } from '@hksv/hub'
import { Command, InvalidArgumentError } from 'commander'

import { IncompleteError, UsageError } from '../../failure.ts'
import { addOption, parseSeconds } from '../../options.ts'
import { Output } from '../../output.ts'
import { parseBitRate, parseResolution } from './arm.ts'
import { addHubOptions, connectAccessory, type HubFlags } from './common.ts'
import { ipv6Flags, namedFlags } from './live-camera.ts'
import { Player } from './live-player.ts'
import { LiveProgress, printLive } from './live-progress.ts'
import { untilStopped } from './stop-signal.ts'

interface LiveFlags extends HubFlags {
  readonly out?: string
  readonly duration?: number
  readonly play: boolean
  readonly resolution?: { readonly width: number; readonly height: number }
  readonly fps?: number
  readonly bitrate?: number
  readonly audio: boolean
  readonly ipv6: boolean
  readonly force: boolean
}

/** `hksv hub live` */
export function liveCommand(): Command {
  const command = new Command('live')
    .description('Look at a camera live, and judge the stream')
    .argument('[camera]', 'name or device id; needless if there is one')
  addOption(command, '--out <file>', 'write pictures and sound to this MP4 file')
  addOption(command, '--duration <seconds>', 'for so long; until Ctrl-C unless given', {
    parse: parseSeconds,
  })
  addOption(command, '--play', 'show the pictures with ffplay', { standard: false })
  addOption(command, '--resolution <WxH>', 'of those that the camera offers, the nearest', {
    parse: parseResolution,
  })
  addOption(command, '--fps <frames>', 'frames a second', { parse: parseFrameRate })
  addOption(command, '--bitrate <kbps>', 'of the pictures', { parse: parseBitRate })
  addOption(command, '--no-audio', 'without sound')
  addOption(command, '--ipv6', 'over IPv6', { standard: false })
  addOption(command, '--force', 'replace the file, if there is one', { standard: false })
  addHubOptions(command)
  command.addHelpText(
    'after',
    `
Exit code 1 tells that the stream broke off, or broke a rule that is a must.

Example:
  hksv hub live porch --duration 20 --out porch.mp4`,
  )
  return command.action(async (camera: string | undefined, flags: LiveFlags) => {
    if (flags.out !== undefined && existsSync(flags.out) && !flags.force)
      throw new UsageError(`${flags.out} exists already. Choose another --out, or add --force.`)
    await untilStopped(async stop => {
      const named = camera === undefined ? flags : await namedFlags(flags, camera)
      const where = flags.ipv6 ? await ipv6Flags(named, stop) : named
      await live({ ...flags, ...where }, new Output(flags), stop)
    })
  })
}

async function live(flags: LiveFlags, output: Output, stop: AbortSignal): Promise<void> {
  const { resolution, fps, bitrate, audio } = flags
  using player = flags.play ? await Player.start() : undefined
  // The stop is the connection's until there is a view: then the camera is told before it is left.
  const connecting = new AbortController()
  const give = () => connecting.abort(stop.reason)
  stop.addEventListener('abort', give)
  if (stop.aborted) give()
  await using client = await connectAccessory(flags, connecting.signal)
  await using view = await LiveView.open(client, {
    audio,
    ...resolution,
    ...(fps !== undefined && { frameRate: fps }),
    ...(bitrate !== undefined && { bitRateKbps: bitrate }),
  })
  stop.removeEventListener('abort', give)
  output.record({ event: 'started', deviceId: client.accessory.deviceId, choice: view.choice })
  const { width, height, frameRate, bitRateKbps } = view.choice.video
  output.note(`Looking: ${width}x${height} at ${frameRate} frames/s, ${bitRateKbps} kbit/s.`)
  const sound = audio ? view.choice : {}
  const movie = flags.out === undefined ? undefined : await LiveMovie.create(flags.out, sound)
  let hasFile = false
  try {
    await watch({ view, movie, player, output, durationMs: (flags.duration ?? 0) * 1000, stop })
  } finally {
    hasFile = (await movie?.finish()) ?? false
  }
  const file = movie && hasFile ? { path: movie.path, bytes: movie.bytes } : undefined
  report(output, view.report(), file)
}

interface Watching {
  readonly view: LiveView
  readonly movie: LiveMovie | undefined
  readonly player: Player | undefined
  readonly output: Output
  /** 0: without end. */
  readonly durationMs: number
  readonly stop: AbortSignal
}

/** Looks until the time is over, or the camera, the player or somebody at the keyboard ends it. */
async function watch({ view, movie, player, output, durationMs, stop }: Watching): Promise<void> {
  const end = () => void view.close()
  const timer = durationMs > 0 ? setTimeout(end, durationMs) : undefined
  stop.addEventListener('abort', end)
  if (stop.aborted) end()
  player?.onClosed(end)
  const progress = new LiveProgress(view, output)
  try {
    for await (const sample of view) {
      player?.show(sample)
      await movie?.write(sample)
    }
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', end)
    progress.close()
  }
}

/** @throws IncompleteError when it broke off, or rules that are a must. */
function report(
  output: Output,
  live: LiveReport,
  file: { readonly path: string; readonly bytes: number } | undefined,
): void {
  output.record({ event: 'ended', ...live, ...file })
  printLive(output, live, file)
  const { end, video, audio } = live
  if (end !== undefined && end.by !== 'hub') throw new IncompleteError(brokenOff(end))
  if (live.isGood) return
  const broken = [...video.findings, ...(audio?.findings ?? [])].filter(
    ({ level }) => level === 'must',
  )
  const names = [...new Set(broken.map(({ rule }) => rule))].join(', ')
  throw new IncompleteError(`The stream broke what it has to keep to: ${names}. Tell its maker.`)
}

function brokenOff({ by, reason }: LiveEnd): string {
  if (by === 'connection') return `The live view broke off: ${reason}`
  return reason === 'goodbye'
    ? 'The camera ended the live view. Look whether it was switched off.'
    : 'The camera sends nothing any more. Look at its source, and at the network.'
}

function parseFrameRate(text: string): number {
  const rate = Number(text)
  if (!/^\d{1,3}$/.test(text) || rate < 1)
    throw new InvalidArgumentError('It is no number of frames a second.')
  return rate
}
