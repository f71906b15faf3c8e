import process from 'node:process'

import { accessoryCategory } from '@hksv/hap'
import { type DiscoveredAccessory, discover } from '@hksv/hub'
import { Command } from 'commander'

import { addCommonOptions, addOption, parseSeconds } from '../../options.ts'
import { Output, type OutputOptions } from '../../output.ts'

const LISTEN_S = 5

/** `hksv hub discover` */
export function discoverCommand(): Command {
  const command = new Command('discover').description('List the accessories on the network')
  addOption(command, '--timeout <seconds>', 'how long to listen', {
    parse: parseSeconds,
    standard: LISTEN_S,
  })
  addCommonOptions(command)
  return command.action(async (flags: OutputOptions & { timeout: number }) => {
    const output = new Output(flags)
    const end = new AbortController()
    process.once('SIGINT', () => end.abort())
    process.once('SIGTERM', () => end.abort())
    const accessories = new Map<string, DiscoveredAccessory>()
    const options = { timeoutMs: flags.timeout * 1000, signal: end.signal }
    for await (const { change, accessory } of discover(options)) {
      output.record({ event: change, ...accessory })
      if (change === 'lost') accessories.delete(accessory.id)
      else accessories.set(accessory.id, accessory)
    }
    print(output, [...accessories.values()])
  })
}

function print(output: Output, accessories: readonly DiscoveredAccessory[]): void {
  if (accessories.length === 0) {
    output.note('No accessory announces itself on the networks of this machine.')
    return
  }
  const sorted = [...accessories].sort(
    (a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1),
  )
  const rows = sorted.map(({ name, id, addresses, port, isPaired, category }) => [
    name,
    id,
    endpoint(addresses[0] ?? '', port),
    isPaired ? 'paired' : 'free',
    categoryName(category),
  ])
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map(row => row[i]?.length ?? 0))) ?? []
  for (const row of rows) {
    output.result(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}

function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** `ipCamera` as `ip camera`; the number of one that is not known. */
function categoryName(category: number): string {
  const [name] = Object.entries(accessoryCategory).find(([, value]) => value === category) ?? []
  return name?.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`) ?? `category ${category}`
}
