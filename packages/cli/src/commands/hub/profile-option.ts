import { type HubProfile, type ProfileName, profiles } from '@hksv/hub'
import { type Command, InvalidArgumentError } from 'commander'

import { addOption } from '../../options.ts'

/** `--profile`: which hub to be. */
export function addProfileOption(command: Command): Command {
  addOption(command, '--profile <name>', 'be another home hub; see below', {
    parse: parseProfile,
    standard: profiles.quick,
    shown: 'quick',
  })
  const rows = Object.values(profiles).map(({ name, does }) => `  ${name.padEnd(14)}${does}`)
  return command.addHelpText('after', `\nProfiles, what such a hub does:\n${rows.join('\n')}`)
}

function parseProfile(text: string): HubProfile {
  // Looked up only when it is one.
  if (Object.hasOwn(profiles, text)) return profiles[text as ProfileName]
  throw new InvalidArgumentError(`There are ${Object.keys(profiles).join(', ')}.`)
}
