import type { AccessoryClient, RemoteCharacteristic, Value } from '@hksv/hub'
import { Command } from 'commander'
import { printTlvValue } from '../../decode/known-tlv.ts'
import { Output } from '../../output.ts'
import { addHubOptions, connectAccessory, type HubFlags } from './common.ts'

/** `hksv hub info` */
export function infoCommand(): Command {
  const command = addHubOptions(
    new Command('info').description('Show everything that an accessory says of itself'),
  )
  return command.action(async (flags: HubFlags) => {
    const output = new Output(flags)
    output.note('Connecting.')
    await using client = await connectAccessory(flags)
    const values = await readAll(client, output)
    const { deviceId } = client.accessory
    const { host, port } = client.address
    const services = client.database.services.map(service => ({
      ...service,
      characteristics: service.characteristics.map(characteristic => ({
        ...characteristic,
        value: values.get(characteristic) ?? null,
      })),
    }))
    output.record({ deviceId, host, port, services })
    output.result(`${deviceId} at ${host}, port ${port}`)
    for (const { name, type, iid, isPrimary, linked, characteristics } of services) {
      const marks = [
        ...(isPrimary ? ['primary'] : []),
        ...(linked.length > 0 ? [`linked to ${linked.join(', ')}`] : []),
      ]
      output.result(
        `\n${iid}  ${output.style('bold', name ?? type)}  ${marks.join('  ')}`.trimEnd(),
      )
      for (const characteristic of characteristics) print(output, characteristic)
    }
  })
}

/** Current values: those in the database may be older than what is asked for one by one. */
async function readAll(
  client: AccessoryClient,
  output: Output,
): Promise<Map<RemoteCharacteristic, Value>> {
  const all = client.database.services.flatMap(({ characteristics }) => characteristics)
  const readable = all.filter(({ perms }) => perms.includes('pr'))
  output.note(`Reading ${readable.length} values.`)
  const readings = await client.read(readable)
  return new Map(readings.map(({ characteristic, value }) => [characteristic, value]))
}

function print(output: Output, characteristic: RemoteCharacteristic): void {
  const { iid, name, type, perms, format, value } = characteristic
  const head = `${`${iid}`.padStart(4)}  ${(name ?? type).padEnd(42)} ${perms.join(' ').padEnd(12)}`
  const isTlv = format === 'tlv8' && typeof value === 'string' && value !== ''
  output.result(isTlv ? head.trimEnd() : `${head} ${value === null ? '-' : JSON.stringify(value)}`)
  if (!isTlv) return
  for (const line of printTlvValue(name, value, ' '.repeat(10))) output.result(line)
}
