import { Command } from 'commander'

import { armCommand, disarmCommand } from './arm.ts'
import { discoverCommand } from './discover.ts'
import { infoCommand } from './info.ts'
import { pairCommand, unpairCommand } from './pair.ts'
import { recordCommand } from './record.ts'

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
  hksv hub record --duration 12 --out clip.mp4`,
  )
  for (const sub of [
    discoverCommand(),
    pairCommand(),
    unpairCommand(),
    infoCommand(),
    armCommand(),
    disarmCommand(),
    recordCommand(),
  ]) {
    command.addCommand(sub)
  }
  return command
}
