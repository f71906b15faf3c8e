import { Command } from 'commander'

import { addCommonOptions } from '../../options.ts'
import { Output, type OutputOptions } from '../../output.ts'
import { addStoreOption, openControllerStore } from './common.ts'

/** `hksv hub list` */
export function listCommand(): Command {
  const command = new Command('list').description('List what this controller is paired with')
  addStoreOption(command)
  addCommonOptions(command)
  return command.action(async (flags: OutputOptions & { store: string }) => {
    const output = new Output(flags)
    const { store } = await openControllerStore(flags)
    const accessories = await store.accessories()
    for (const accessory of accessories) {
      const { deviceId, name, host, port, pairedAt } = accessory
      output.record(accessory)
      output.result(`${deviceId}  ${name ?? '-'}  ${host}, port ${port}  since ${pairedAt}`)
    }
    if (accessories.length === 0) {
      output.note('This controller is paired with nothing yet. Pair it: hksv hub pair.')
    }
  })
}
