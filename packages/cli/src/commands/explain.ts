import { existsSync } from 'node:fs'

import { checkState, type EventRecord, explain, readEvents } from '@hksv/accessory'
import { Command, InvalidArgumentError } from 'commander'

import { IncompleteError } from '../failure.ts'
import { addCommonOptions, addOption, addStorageOptions } from '../options.ts'
import { Output, type OutputOptions } from '../output.ts'
import { storageOf } from '../paths.ts'

interface ExplainFlags extends OutputOptions {
  readonly storage?: string
  readonly only?: string
  readonly last: number
  readonly id?: number
  readonly live: boolean
}

/** `hksv explain`: why the last event left a clip, or none. */
export function explainCommand(): Command {
  const command = new Command('explain').description(
    'Say why the last event left a clip, or why it did not',
  )
  addStorageOptions(command)
  addOption(command, '--last <number>', 'the last so many events, the newest at the end', {
    parse: parseCount,
    standard: 1,
  })
  addOption(command, '--id <number>', 'the event of this number', { parse: parseCount })
  addOption(command, '--live', 'live views, in place of what was to be recorded', {
    standard: false,
  })
  addCommonOptions(command)
  command.addHelpText(
    'after',
    `
The camera may be running. With --json each event is one line: all that is known
of it, and in explanation what is said without --json.

Examples:
  hksv explain
  hksv explain --last 20 --json | jq -r .explanation[0]
  hksv explain --live                    how the last live view went`,
  )
  return command.action(explainEvents)
}

async function explainEvents(flags: ExplainFlags): Promise<void> {
  const { last, id, live } = flags
  const storage = storageOf(flags)
  const output = new Output(flags)
  if (!existsSync(storage)) {
    throw new IncompleteError(
      `There is no directory ${storage}. Say where the camera keeps its state with --storage.`,
    )
  }
  const events = await readEvents(storage)
  await closeAbandoned(events, storage)
  const chosen =
    id === undefined
      ? events.filter(({ trigger }) => (trigger.kind === 'live') === live).slice(-last)
      : events.filter(event => event.id === id)
  if (id !== undefined && chosen.length === 0) {
    throw new IncompleteError(`There is no event ${id} in ${storage}: ${range(events)}.`)
  }
  if (chosen.length === 0) {
    output.note(
      live ? 'Nobody has looked at this camera yet.' : 'Nothing has happened at this camera yet.',
    )
  }
  for (const [i, event] of chosen.entries()) {
    const explanation = explain(event)
    output.record({ event: 'explained', ...event, explanation })
    if (i > 0) output.result('')
    for (const line of withHeading(event, explanation)) output.result(line)
  }
}

/** What was left open by a camera that does not run any more, the next start would close. */
async function closeAbandoned(events: EventRecord[], storage: string): Promise<void> {
  const pending = events.filter(({ outcome }) => outcome === 'pending')
  if (pending.length === 0 || (await checkState(storage)).isRunning) return
  for (const event of pending) event.outcome = 'interrupted'
}

function withHeading({ id, camera, at }: EventRecord, explanation: string[]): string[] {
  const [verdict = '', ...rest] = explanation
  return [verdict, `Event ${id} of ${camera}, ${new Date(at).toLocaleString('sv')}`, ...rest]
}

function range(events: readonly EventRecord[]): string {
  const [first] = events
  return first === undefined ? 'there are none' : `there are ${first.id} to ${events.at(-1)?.id}`
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is no number above 0.')
  return Number(text)
}
