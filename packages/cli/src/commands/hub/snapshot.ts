import { writeFile } from 'node:fs/promises'

import { Command } from 'commander'

import { UsageError } from '../../failure.ts'
import { addOption } from '../../options.ts'
import { Output } from '../../output.ts'
import { parseResolution } from './arm.ts'
import { addHubOptions, connectAccessory, type HubFlags } from './common.ts'

interface SnapshotFlags extends HubFlags {
  readonly out: string
  readonly size: { readonly width: number; readonly height: number }
  readonly force: boolean
}

/** `hksv hub snapshot` */
export function snapshotCommand(): Command {
  const command = new Command('snapshot').description('Take a picture')
  addOption(command, '--out <file>', 'the JPEG file', { standard: 'snapshot.jpg' })
  addOption(command, '--size <WxH>', 'of the picture', {
    parse: parseResolution,
    standard: { width: 1280, height: 720 },
    shown: '1280x720',
  })
  addOption(command, '--force', 'replace the file, if there is one', { standard: false })
  addHubOptions(command)
  return command.action(async (flags: SnapshotFlags) => {
    const output = new Output(flags)
    const { out, size, force } = flags
    await using client = await connectAccessory(flags)
    const picture = await client.snapshot(size)
    await save(out, picture, force)
    output.record({ event: 'snapshot', path: out, bytes: picture.length })
    output.result(`${out}  ${picture.length} bytes`)
  })
}

async function save(path: string, bytes: Uint8Array, isForced: boolean): Promise<void> {
  try {
    await writeFile(path, bytes, { flag: isForced ? 'w' : 'wx' })
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    if (isThere) {
      const message = `${path} exists already. Choose another --out, or add --force.`
      throw new UsageError(message, { cause })
    }
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${path} cannot be written (${why}). Choose another --out.`, { cause })
  }
}
