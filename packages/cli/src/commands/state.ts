import { randomBytes } from 'node:crypto'

import {
  backUpState,
  backupName,
  checkState,
  type Replaced,
  resetState,
  restoreState,
  type StateReport,
} from '@hksv/accessory'
import { Command } from 'commander'

import { IncompleteError, UsageError } from '../failure.ts'
import { addCommonOptions, addOption, addStorageOptions } from '../options.ts'
import { Output, type OutputOptions } from '../output.ts'
import { storageOf } from '../paths.ts'

const STATES = {
  intact: 'intact',
  missing: 'not there',
  damaged: 'damaged',
  newer: 'of a newer version',
} as const

interface StateFlags extends OutputOptions {
  readonly storage?: string
  readonly only?: string
}

/** `hksv state`: looks after what a camera keeps. */
export function stateCommand(): Command {
  const command = new Command('state').description(
    'Check, back up, restore or reset what a camera keeps',
  )
  command.addHelpText(
    'after',
    `
A backup holds the camera's keys: keep it as safe as the camera. Restoring and
resetting keep what they replace in a directory replaced-... beside it.

Examples:
  hksv state check
  hksv state backup --out porch.json
  hksv state restore porch.json --storage /var/lib/hksv/porch
  hksv state check --storage /var/lib/hksv --only porch    of several cameras`,
  )
  for (const sub of [checkCommand(), backupCommand(), restoreCommand(), resetCommand()]) {
    command.addCommand(sub)
  }
  return command
}

function addStateOptions(command: Command): Command {
  addStorageOptions(command)
  return addCommonOptions(command)
}

function checkCommand(): Command {
  const command = new Command('check').description('Say whether a camera would start on it')
  return addStateOptions(command).action(async (flags: StateFlags) => {
    const output = new Output(flags)
    const storage = storageOf(flags)
    const report = await checkState(storage)
    output.record({ event: 'state', ...report })
    for (const line of describe(report)) output.result(line)
    if (!report.isUsable) {
      throw new IncompleteError(
        `A camera would not start on ${storage}. Put back what was there before with: ` +
          `hksv state restore --storage ${storage}`,
      )
    }
  })
}

function describe(report: StateReport): string[] {
  const { files, deviceId, pairings, configurationNumber, isRunning, pid } = report
  return [
    ...files.map(
      ({ name, state, isExposed }) =>
        `${name.padEnd(24)} ${STATES[state]}${isExposed ? ', and readable for others' : ''}`,
    ),
    ...(deviceId === undefined ? [] : [`Device id: ${deviceId}`]),
    ...(pairings === undefined ? [] : [`Pairings: ${pairings}`]),
    ...(configurationNumber === undefined ? [] : [`Configuration: ${configurationNumber}`]),
    isRunning ? `A camera runs on it (process ${pid ?? 'unknown'}).` : 'No camera runs on it.',
  ]
}

function backupCommand(): Command {
  const command = new Command('backup').description('Write all of it into one file')
  addOption(command, '--out <file>', 'the file; named after the camera and the day unless given')
  addOption(command, '--force', 'replace the file if it is there')
  return addStateOptions(command).action(
    async (flags: StateFlags & { out?: string; force?: boolean }) => {
      const output = new Output(flags)
      const { force = false } = flags
      const storage = storageOf(flags)
      const { deviceId = randomBytes(6).toString('hex') } = await checkState(storage)
      const createdAt = new Date().toISOString()
      const out = flags.out ?? backupName({ deviceId, createdAt })
      const backup = await backUpState(storage, out, { isForced: force })
      output.record({ event: 'backup', file: out, deviceId: backup.deviceId })
      output.result(out)
      output.note('It holds the keys of the camera: keep it as safe as the camera itself.')
    },
  )
}

function restoreCommand(): Command {
  const command = new Command('restore')
    .description('Put back a backup, or what was there before the damage')
    .argument('[file]', 'a backup; the generation before of damaged files unless given')
  return addStateOptions(command).action(async (file: string | undefined, flags: StateFlags) => {
    const replaced = await restoreState(storageOf(flags), file)
    reportReplaced(new Output(flags), 'restored', replaced)
  })
}

function resetCommand(): Command {
  const command = new Command('reset').description('Make it a new camera at its next start')
  addOption(command, '--yes', 'really: every home has to pair with it anew')
  return addStateOptions(command).action(async (flags: StateFlags & { yes?: boolean }) => {
    if (flags.yes !== true) {
      throw new UsageError(
        `This makes ${storageOf(flags)} a new camera: every home has to remove the old one and pair ` +
          'anew. If you mean it, add --yes.',
      )
    }
    reportReplaced(new Output(flags), 'reset', await resetState(storageOf(flags)))
  })
}

function reportReplaced(output: Output, event: string, { restored, aside }: Replaced): void {
  output.record({ event, restored, aside })
  if (restored.length > 0) output.result(`Put back: ${restored.join(', ')}.`)
  else if (event === 'reset') output.result('The next start makes a new camera.')
  else output.result('Nothing was damaged; nothing has changed.')
  if (aside !== undefined) output.note(`What was there is in ${aside}.`)
}
