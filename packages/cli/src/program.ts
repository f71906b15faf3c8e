import { Command } from 'commander'

import { cameraCommand } from './commands/camera.ts'
import { decodeCommand } from './commands/decode.ts'
import { demoCommand } from './commands/demo.ts'
import { hubCommand } from './commands/hub/index.ts'
import { reportFailure } from './failure.ts'
import { Output } from './output.ts'
import { version } from './version.ts'

/**
 * Runs the command line.
 *
 * @param argv Without the program and the script.
 * @returns The exit code.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('hksv')
    .description('A HomeKit Secure Video camera, and a hub that records from any')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show this help')
    .showHelpAfterError('(add --help for more)')
  program.addCommand(cameraCommand())
  program.addCommand(hubCommand())
  program.addCommand(demoCommand())
  program.addCommand(decodeCommand())
  const json = argv.includes('--json')
  const output = new Output({ json, quiet: false, verbose: argv.includes('--verbose') })
  for (const command of allCommands(program)) {
    command.exitOverride().helpOption('--help', 'show this help')
    command.configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'error: ')),
    })
  }
  try {
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    return reportFailure(error, output)
  }
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)]
}
