// Pairs with a camera, arms it, records eight seconds at once, and ends the pairing.
// node examples/record.mjs HOST PORT SETUP-CODE FILE
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { chooseProvider } from '@hksv/crypto/node'
import { AccessoryClient, arm, ControllerStore, pair, recordClip } from '@hksv/hub'

const [host, port, setupCode, path] = process.argv.slice(2)
const crypto = chooseProvider()
const directory = await mkdtemp(join(tmpdir(), 'hksv-example-'))
try {
  const store = await ControllerStore.open(directory, crypto)
  const accessory = await pair({ store, crypto, host, port: Number(port), setupCode })
  const client = await AccessoryClient.connect({ store, crypto, accessory })
  await arm(client)
  const report = await recordClip({ client, path, durationMs: 8000, isNow: true })
  console.log(`${report.path}: ${report.durationMs} ms in ${report.fragments.length} fragments`)
  await client.unpair()
} finally {
  await rm(directory, { recursive: true, force: true })
}
