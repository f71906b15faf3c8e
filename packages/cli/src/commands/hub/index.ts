import { Command } from 'commander'

import { armCommand, disarmCommand } from './arm.ts'
import { conformCommand } from './conform.ts'
import { discoverCommand } from './discover.ts'
import { infoCommand } from './info.ts'
import { listCommand } from './list.ts'
import { liveCommand } from './live.ts'
import { pairCommand, unpairCommand } from './pair.ts'
import { pairingsCommand } from './pairings.ts'
import { recordCommand } from './record.ts'
import { snapshotCommand } from './snapshot.ts'
import { vaultCommand } from './vault.ts'
import { watchCommand } from './watch.ts'

/** `hksv hub`: the controller's side. */
export function hubCommand(): Command {
  const command = new Command('hub').description(
    'Pair with, arm and record any Secure Video camera',
  )
  command.addHelpText(
    'after',
    `
Example, with a camera that shows the setup code 031-45-154:
  hksv hub pair --host 192.168.1.20 --port 51826 --code 031-45-154
  hksv hub arm
  hksv hub watch
  hksv hub record --duration 12 --out clip.mp4
  hksv hub record --dir clips --count 10
  hksv hub live --duration 20 --out live.mp4`,
  )
  for (const sub of [
    discoverCommand(),
    pairCommand(),
    unpairCommand(),
    listCommand(),
    pairingsCommand(),
    infoCommand(),
    armCommand(),
    disarmCommand(),
    snapshotCommand(),
    watchCommand(),
    recordCommand(),
    liveCommand(),
    vaultCommand(),
    conformCommand(),
  ]) {
    command.addCommand(sub)
  }
  return command
}
