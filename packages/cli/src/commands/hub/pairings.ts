import { ADMIN } from '@hksv/hap'
import { Command } from 'commander'

import { UsageError } from '../../failure.ts'
import { addOption } from '../../options.ts'
import { Output } from '../../output.ts'
import { addHubOptions, connectAccessory, type HubFlags, openControllerStore } from './common.ts'

interface PairingsFlags extends HubFlags {
  readonly addStore?: string
  readonly admin: boolean
  readonly remove?: string
}

/** `hksv hub pairings` */
export function pairingsCommand(): Command {
  const command = new Command('pairings').description(
    'List the controllers an accessory knows, let another one in, or shut one out',
  )
  addOption(command, '--add-store <dir>', 'lets the controller of that directory in')
  addOption(command, '--admin', 'as an administrator', { standard: false })
  addOption(command, '--remove <controller>', 'shuts the controller with this identifier out')
  addHubOptions(command)
  return command.action(async (flags: PairingsFlags) => {
    const output = new Output(flags)
    const { addStore, admin, remove } = flags
    await using client = await connectAccessory(flags)
    const { store } = await openControllerStore(flags)
    if (addStore !== undefined) {
      const other = await openControllerStore({ store: addStore })
      const { identifier, longTermKey } = other.store.identity
      const permissions = admin ? ADMIN : 0
      await client.addPairing({ identifier, publicKey: longTermKey.publicKey, permissions })
      await other.store.save(client.accessory)
    }
    if (remove !== undefined) {
      if (remove === store.identity.identifier) {
        throw new UsageError('That is this controller itself: hksv hub unpair.')
      }
      await client.removePairing(remove)
    }
    for (const { identifier, permissions } of await client.listPairings()) {
      const isAdmin = permissions === ADMIN
      const isSelf = identifier === store.identity.identifier
      output.record({ identifier, isAdmin, isSelf })
      const role = isAdmin ? 'administrator' : 'member'
      output.result(`${identifier}  ${role}${isSelf ? '  this controller' : ''}`)
    }
  })
}
