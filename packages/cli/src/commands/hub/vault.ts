import process from 'node:process'

import { keepVault, type VaultEvent } from '@hksv/hub'
import { Command, InvalidArgumentError } from 'commander'

import { fitHeapOfReceiver } from '../../fit-heap.ts'
import { addCommonOptions, addOption, parseSeconds } from '../../options.ts'
import { Output, type OutputOptions } from '../../output.ts'
import { addStoreOption, addTraceOption, openControllerStore, traceOf } from './common.ts'
import { untilStopped } from './stop-signal.ts'
import { VaultStatus } from './vault-status.ts'
import { listen } from './watch.ts'

interface VaultFlags extends OutputOptions {
  readonly store: string
  readonly dir: string
  readonly maxSize?: number
  readonly maxAge?: number
  readonly maxClip: number
  readonly quietTime: number
  readonly ffmpeg: string
  readonly mdns: boolean
  readonly trace?: string
}

/** `hksv hub vault` */
export function vaultCommand(): Command {
  const command = new Command('vault').description(
    'Keep every paired camera armed and record each motion to a file, until Ctrl-C',
  )
  addOption(command, '--dir <dir>', 'where the clips are', { standard: 'clips' })
  addOption(command, '--max-size <size>', 'of all clips; the oldest go first', { parse: parseSize })
  addOption(command, '--max-age <age>', 'of a clip', { parse: parseAge })
  addOption(command, '--max-clip <seconds>', 'a longer event makes several clips', {
    parse: parseSeconds,
    standard: 180,
  })
  addOption(command, '--quiet-time <seconds>', 'without motion, until a clip ends', {
    parse: parseSeconds,
    standard: 8,
  })
  addOption(command, '--ffmpeg <program>', 'makes the posters, if it is there', {
    standard: 'ffmpeg',
  })
  addOption(command, '--no-mdns', 'do not listen for the cameras on the network')
  addTraceOption(command)
  addStoreOption(command)
  addCommonOptions(command)
  command.addHelpText(
    'after',
    `
Example, after hksv hub pair with each camera:
  hksv hub vault --dir /srv/clips --max-size 100GB --max-age 30d`,
  )
  return command.action(async (flags: VaultFlags) => {
    fitHeapOfReceiver()
    const output = new Output(flags)
    const status = new VaultStatus(process.stderr.isTTY === true && !flags.json && !flags.quiet)
    const { store, crypto } = await openControllerStore(flags)
    const traced = traceOf(flags)
    try {
      await untilStopped(signal =>
        keepVault({
          store,
          crypto,
          directory: flags.dir,
          signal,
          announcements: listen(flags, signal),
          maxClipMs: flags.maxClip * 1000,
          quietMs: flags.quietTime * 1000,
          ffmpeg: flags.ffmpeg,
          ...traced,
          ...(flags.maxSize === undefined ? {} : { maxBytes: flags.maxSize }),
          ...(flags.maxAge === undefined ? {} : { maxAgeMs: flags.maxAge }),
          onEvent: event => report(output, status, event),
        }),
      )
    } finally {
      status.clear()
    }
  })
}

function report(output: Output, status: VaultStatus, event: VaultEvent): void {
  output.record({ at: new Date().toISOString(), ...event })
  status.clear()
  const line = describe(event)
  if (line !== undefined) output.note(line)
  status.take(event)
}

function describe(event: VaultEvent): string | undefined {
  const who = 'deviceId' in event ? `${event.name ?? event.deviceId}: ` : ''
  switch (event.event) {
    case 'connected':
      return `${who}connected.`
    case 'lost':
      return `${who}${event.message} Next attempt in ${(event.retryMs / 1000).toFixed(1)} s.`
    case 'armed':
      return `${who}armed.`
    case 'motion':
      return `${who}motion.`
    case 'recording':
      return undefined
    case 'recorded':
      return `${event.path}  ${clipText(event.clip)}`
    case 'adopted':
      return `${event.path}  ${clipText(event.clip)}, left by an interruption`
    case 'removed':
      return `${event.path} removed.`
    case 'failed':
    case 'dropped':
      return `${who}${event.message}`
    case 'kept':
      return undefined
  }
}

function clipText({
  durationMs,
  bytes,
  isComplete,
  reason,
}: {
  durationMs: number
  bytes: number
  isComplete: boolean
  reason: string
}): string {
  const text = `${(durationMs / 1000).toFixed(1)} s, ${(bytes / 1e6).toFixed(2)} MB`
  return isComplete ? text : `${text}, broke off: ${reason}`
}

/** `10GB`, `500 MB`, `1.5TB`, or bytes. */
function parseSize(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text.trim()) ?? []
  const bytes = Math.round(Number(number) * 1000 ** ' KMGT'.indexOf(unit.toUpperCase() || ' '))
  if (number === undefined || !Number.isSafeInteger(bytes) || bytes < 1_000_000) {
    throw new InvalidArgumentError('It is no size of at least 1MB, like 10GB.')
  }
  return bytes
}

/** `30d`, `12h`, `90m`. */
function parseAge(text: string): number {
  const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
  const [, number, unit = ''] = /^(\d{1,5}(?:\.\d+)?)\s*([mhd])$/i.exec(text.trim()) ?? []
  const milliseconds = Number(number) * (units[unit.toLowerCase()] ?? Number.NaN)
  if (!(milliseconds > 0)) throw new InvalidArgumentError('It is no age like 30d, 12h or 90m.')
  return milliseconds
}
