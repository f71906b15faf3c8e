import process from 'node:process'

import { type RecordStep, recordClip } from '@hksv/hub'
import { Command } from 'commander'

import { addOption, parseSeconds } from '../../options.ts'
import { Output } from '../../output.ts'
import { addHubOptions, connectAccessory, type HubFlags, reportClip } from './common.ts'

interface RecordFlags extends HubFlags {
  readonly out: string
  readonly duration: number
  readonly now: boolean
}

/** `hksv hub record` */
export function recordCommand(): Command {
  const command = new Command('record').description('Record one clip: when something moves, or now')
  addOption(command, '--out <file>', 'the MP4 file', { standard: 'clip.mp4' })
  addOption(command, '--duration <seconds>', 'length of the clip, prebuffer included', {
    parse: parseSeconds,
    standard: 12,
  })
  addOption(command, '--now', 'do not wait for motion', { standard: false })
  addHubOptions(command)
  return command.action(async (flags: RecordFlags) => {
    const output = new Output(flags)
    const stop = new AbortController()
    const interrupted = () => stop.abort(new Error('Stopped before anything was recorded.'))
    process.once('SIGINT', interrupted)
    process.once('SIGTERM', interrupted)
    try {
      await using client = await connectAccessory(flags, stop.signal)
      const report = await recordClip({
        client,
        path: flags.out,
        durationMs: flags.duration * 1000,
        isNow: flags.now,
        signal: stop.signal,
        onProgress: step => progress(output, step),
      })
      reportClip(output, report)
    } finally {
      process.off('SIGINT', interrupted)
      process.off('SIGTERM', interrupted)
    }
  })
}

/** Says what happens while a clip is recorded. */
export function progress(output: Output, step: RecordStep): void {
  if (step.step === 'fragment') output.record({ event: 'fragment', ...step.fragment })
  else output.record({ event: step.step })
  output.note(describe(step))
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
