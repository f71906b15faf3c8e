import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

import {
  type AccessoryClient,
  clipName,
  type HubProfile,
  type RecordStep,
  recordClip,
} from '@hksv/hub'
import { Command, InvalidArgumentError } from 'commander'

import { UsageError } from '../../failure.ts'
import { fitHeapOfReceiver } from '../../fit-heap.ts'
import { addOption, parseSeconds } from '../../options.ts'
import { Output } from '../../output.ts'
import { addHubOptions, connectAccessory, type HubFlags, reportClip } from './common.ts'
import { addFaultOption, type FaultChoice, injectFaults, listFaults } from './fault-option.ts'
import { addProfileOption } from './profile-option.ts'
import { untilStopped } from './stop-signal.ts'

interface RecordFlags extends HubFlags {
  readonly out: string
  readonly dir?: string
  readonly count: number
  readonly duration: number
  readonly now: boolean
  readonly force: boolean
  readonly profile: HubProfile
  readonly fault?: FaultChoice
}

/** `hksv hub record` */
export function recordCommand(): Command {
  const command = new Command('record').description('Record clips: when something moves, or now')
  addOption(command, '--out <file>', 'the MP4 file', { standard: 'clip.mp4' })
  addOption(command, '--dir <dir>', 'instead: a file a clip here, named by time and camera')
  addOption(command, '--count <clips>', 'how many clips, with --dir', {
    parse: parseCount,
    standard: 1,
  })
  addOption(command, '--duration <seconds>', 'length of a clip, prebuffer included', {
    parse: parseSeconds,
    standard: 12,
  })
  addOption(command, '--now', 'do not wait for motion', { standard: false })
  addOption(command, '--force', 'replace the file, if there is one', { standard: false })
  addProfileOption(command)
  addFaultOption(command)
  addHubOptions(command)
  return command.action(async (flags: RecordFlags) => {
    const output = new Output(flags)
    const { fault } = flags
    if (fault === 'list') {
      listFaults(output)
      return
    }
    fitHeapOfReceiver()
    check(flags)
    await untilStopped(async stop => {
      await using client = await connectAccessory(flags, stop)
      const judge = await injectFaults(output, client, fault ?? [], stop)
      await record(flags, output, client, stop)
      judge()
    })
  })
}

async function record(
  flags: RecordFlags,
  output: Output,
  client: AccessoryClient,
  signal: AbortSignal,
): Promise<void> {
  const { dir, count, duration, now, profile } = flags
  for (let made = 0; made < count; made++) {
    const path = dir === undefined ? flags.out : join(dir, `${clipName(client.accessory)}.mp4`)
    const report = await recordClip({
      client,
      path,
      durationMs: duration * 1000,
      isNow: now,
      profile,
      signal,
      onProgress: step => progress(output, step),
    })
    reportClip(output, report)
    if (signal.aborted) return
  }
}

/** Before anything is asked of a camera. @throws UsageError */
function check({ out, dir, count, force }: RecordFlags): void {
  if (dir !== undefined) {
    try {
      mkdirSync(dir, { recursive: true })
    } catch (cause) {
      throw new UsageError(`${dir} cannot be made a directory. Choose another --dir.`, { cause })
    }
    return
  }
  if (count > 1) throw new UsageError('Several clips need several files: give --dir, not --out.')
  if (existsSync(out) && !force) {
    throw new UsageError(`${out} exists already. Choose another --out, or add --force.`)
  }
}

/** Says what happens while a clip is recorded. */
export function progress(output: Output, step: RecordStep): void {
  if (step.step === 'fragment') output.record({ event: 'fragment', ...step.fragment })
  else output.record({ event: step.step })
  output.note(describe(step))
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!/^\d{1,6}$/.test(text) || count < 1)
    throw new InvalidArgumentError('It is no number of clips.')
  return count
}

function describe(step: RecordStep): string {
  switch (step.step) {
    case 'waiting':
      return 'Waiting for motion.'
    case 'motion':
      return 'Motion.'
    case 'opened':
      return 'Recording.'
    case 'fragment':
      return `  ${((step.fragment.startMs + step.fragment.durationMs) / 1000).toFixed(1)} s`
  }
}
