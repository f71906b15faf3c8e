import type { AccessoryClient } from '@hksv/hub'
import { type Fault, faults, injectFault } from '@hksv/hub/testing'
import { type Command, InvalidArgumentError } from 'commander'

import { IncompleteError } from '../../failure.ts'
import { addOption } from '../../options.ts'
import type { Output } from '../../output.ts'

/** What `--fault` names: some faults, or the wish to see which there are. */
export type FaultChoice = 'list' | readonly Fault[]

/** `--fault`: what to do wrong before the recording. */
export function addFaultOption(command: Command): Command {
  addOption(command, '--fault <name>', 'do something wrong first: a name, all, or list', {
    parse: parseFault,
  })
  return command
}

/** Prints which faults there are. */
export function listFaults(output: Output): void {
  for (const { name, does, expects, source } of faults) {
    output.record({ fault: name, does, expects, source })
    output.result(
      `${output.style('bold', name)}\n  a hub that ${does}\n  a healthy camera ${expects}`,
    )
  }
}

/**
 * Injects faults one by one, each followed by a clean recording.
 *
 * @returns How to end the command: throws when the camera did not bear them all.
 */
export async function injectFaults(
  output: Output,
  client: AccessoryClient,
  chosen: readonly Fault[],
  signal: AbortSignal,
): Promise<() => void> {
  const sick: string[] = []
  for (const fault of chosen) {
    output.note(`A hub that ${fault.does}.`)
    const report = await injectFault({ client, fault, signal })
    output.record({ event: 'fault', ...report })
    const mark = report.isHealthy ? output.style('green', 'ok') : output.style('red', 'not ok')
    output.result(`${mark}  ${fault.name}: ${report.came}`)
    if (report.isHealthy) continue
    output.result(`    expected: ${report.expected}`)
    sick.push(fault.name)
  }
  return () => {
    if (sick.length === 0) return
    throw new IncompleteError(
      `The camera does not bear ${sick.join(', ')}. Run it again with --trace FILE to see why.`,
    )
  }
}

function parseFault(text: string): FaultChoice {
  if (text === 'list') return 'list'
  if (text === 'all') return faults
  const found = faults.find(({ name }) => name === text)
  if (found !== undefined) return [found]
  const known = faults.map(({ name }) => name).join(', ')
  throw new InvalidArgumentError(`There are list, all, ${known}.`)
}
