import { type PairStep, pair } from '@hksv/hub'
import { Command } from 'commander'

import { UsageError } from '../../failure.ts'
import { addOption } from '../../options.ts'
import { Output } from '../../output.ts'
import {
  addHubOptions,
  addressOf,
  connectAccessory,
  type HubFlags,
  openControllerStore,
  traceOf,
} from './common.ts'
import { untilStopped } from './stop-signal.ts'

/** `hksv hub pair` */
export function pairCommand(): Command {
  const command = new Command('pair').description('Pair with an accessory')
  addOption(command, '--code <code>', 'its setup code')
  addHubOptions(command)
  return command.action(async (flags: HubFlags & { code?: string }) => {
    await untilStopped(signal => pairWith(flags, signal))
  })
}

const STEPS: Readonly<Record<PairStep, string>> = {
  connecting: 'Connecting.',
  pairing: 'Pairing; this takes some accessories several seconds.',
  storing: 'Paired. Storing the pairing.',
  verifying: 'Proving the pairing on a second connection.',
}

async function pairWith(flags: HubFlags & { code?: string }, signal: AbortSignal): Promise<void> {
  const output = new Output(flags)
  const { code, id } = flags
  const { host, port, featureFlags } = await addressOf(flags, signal)
  if (code === undefined) throw new UsageError('Give its setup code with --code.')
  const { store, crypto } = await openControllerStore(flags)
  const accessory = await pair({
    store,
    crypto,
    host,
    port,
    setupCode: code,
    signal,
    onProgress: step => output.note(STEPS[step]),
    ...(featureFlags !== undefined && { featureFlags }),
    ...(id === undefined ? {} : { deviceId: id }),
    ...traceOf(flags),
  })
  output.record({ event: 'paired', ...accessory })
  output.result(`Paired with ${accessory.deviceId}.`)
  output.note(`The keys are in ${store.directory}.`)
}

/** `hksv hub unpair` */
export function unpairCommand(): Command {
  const command = addHubOptions(
    new Command('unpair').description('End the pairing with an accessory, on both sides'),
  )
  return command.action(async (flags: HubFlags) => {
    const output = new Output(flags)
    output.note('Connecting.')
    await using client = await connectAccessory(flags)
    const { deviceId } = client.accessory
    output.note(`Ending the pairing with ${deviceId}.`)
    await client.unpair()
    output.record({ event: 'unpaired', deviceId })
    output.result(`Not paired with ${deviceId} any more.`)
  })
}
