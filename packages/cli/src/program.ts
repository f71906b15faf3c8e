import { Command } from 'commander'

import { reportFailure } from './failure.ts'
import { Output } from './output.ts'
import { version } from './version.ts'

/** A camera runs for months: it need not keep the hub in memory, nor wait for it at the start. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  camera: async () => (await import('./commands/camera.ts')).cameraCommand(),
  hub: async () => (await import('./commands/hub/index.ts')).hubCommand(),
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  health: async () => (await import('./commands/health.ts')).healthCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  state: async () => (await import('./commands/state.ts')).stateCommand(),
  decode: async () => (await import('./commands/decode.ts')).decodeCommand(),
}

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
  const wanted = argv.find(argument => !argument.startsWith('-')) ?? ''
  const names = Object.hasOwn(commands, wanted) ? [wanted] : Object.keys(commands)
  for (const name of names) {
    const command = await commands[name]?.()
    if (command !== undefined) program.addCommand(command)
  }
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
