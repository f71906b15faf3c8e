import { Announcements, discover, type WatchEvent, watch } from '@hksv/hub'
import { Command } from 'commander'

import { addOption } from '../../options.ts'
import { Output } from '../../output.ts'
import {
  addHubOptions,
  chooseAccessory,
  type HubFlags,
  openControllerStore,
  traceOf,
} from './common.ts'
import { untilStopped } from './stop-signal.ts'

interface WatchFlags extends HubFlags {
  readonly mdns: boolean
}

/** `hksv hub watch` */
export function watchCommand(): Command {
  const command = new Command('watch').description(
    'Print what an accessory reports, as it comes, until Ctrl-C',
  )
  addOption(command, '--no-mdns', 'do not listen for the accessory on the network')
  addHubOptions(command)
  return command.action(async (flags: WatchFlags) => {
    const output = new Output(flags)
    const { store, crypto } = await openControllerStore(flags)
    const stored = await chooseAccessory(store, flags)
    const { host = stored.host, port = stored.port } = flags
    const accessory = { ...stored, host, port }
    const traced = traceOf(flags)
    await untilStopped(async signal => {
      const announcements = listen(flags, signal)
      try {
        const options = { store, crypto, accessory, signal, announcements, ...traced }
        for await (const event of watch(options)) {
          print(output, event)
        }
      } catch (error) {
        if (!signal.aborted) throw error
      }
    })
  })
}

/** What announces itself while a command runs. */
export function listen(flags: { readonly mdns: boolean }, signal: AbortSignal): Announcements {
  const announcements = new Announcements()
  // Without it the accessory is looked for where it was.
  if (flags.mdns) announcements.follow(discover({ signal })).catch(() => undefined)
  return announcements
}

function print(output: Output, event: WatchEvent): void {
  if (event.type === 'connected') {
    const { deviceId, name } = event.client.accessory
    output.record({ event: 'connected', deviceId, name })
    output.note(`Connected to ${name ?? deviceId}.`)
    return
  }
  if (event.type === 'lost') {
    const message = event.error instanceof Error ? event.error.message : String(event.error)
    output.record({ event: 'lost', message, retryMs: event.retryMs })
    output.note(`${message} Next attempt in ${(event.retryMs / 1000).toFixed(1)} s.`)
    return
  }
  const { reading, isInitial } = event
  const { aid, iid, name, type } = reading.characteristic
  const at = new Date().toISOString()
  output.record({ event: 'value', at, aid, iid, name, type, value: reading.value, isInitial })
  const value = JSON.stringify(reading.value)
  output.result(`${at}  ${name ?? type}  ${value}${isInitial ? '  (as it was)' : ''}`)
}
