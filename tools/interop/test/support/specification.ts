import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type CameraOptions, type RunningCamera, startCamera } from '@hksv/accessory'
import { nodeProvider } from '@hksv/crypto/node'
import { AccessoryClient, ControllerStore, pair, type StoredAccessory } from '@hksv/hub'
import { openSource } from '@hksv/media'
import { onTestFinished } from 'vitest'

const path = new URL('../../../../docs/specification.md', import.meta.url)
const lines = readFileSync(path, 'utf8').split('\n')

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map(cell => cell.trim().replace(/^`(.*)`$/, '$1'))
}

/** A table of `docs/specification.md`: column heads, and rows of cells. */
export interface Table {
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Every table there is. */
export const tables: readonly Table[] = lines.flatMap((line, i) => {
  if (!line.startsWith('|') || lines[i - 1]?.startsWith('|')) return []
  const end = lines.findIndex((other, j) => j > i && !other.startsWith('|'))
  return [{ heads: cellsOf(line), rows: lines.slice(i + 2, end).map(cellsOf) }]
})

/** The rows, cut to these columns, of the one table that begins with them. */
export function rowsOf<H extends string>(...heads: readonly H[]): Readonly<Record<H, string>>[] {
  const found = tables.filter(table => heads.every((head, i) => table.heads[i] === head))
  const [table] = found
  if (table === undefined || found.length > 1) {
    throw new Error(`${found.length} tables begin with ${heads.join(', ')}`)
  }
  return table.rows.map(
    row => Object.fromEntries(heads.map((head, i) => [head, row[i] ?? ''])) as Record<H, string>,
  )
}

/** A running camera, and a hub that has paired with it. */
export interface Seen {
  readonly camera: RunningCamera
  readonly client: AccessoryClient
  readonly store: ControllerStore
  readonly accessory: StoredAccessory
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Starts a camera on the built-in sample until the test is over, and pairs with it. */
export async function seen(options: Partial<CameraOptions> = {}): Promise<Seen> {
  const directory = await mkdtemp(join(tmpdir(), 'hksv-specification-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const source = await openSource('sample')
  onTestFinished(() => source[Symbol.asyncDispose]())
  const where = { host: '127.0.0.1', mdns: false, log: silent, storage: join(directory, 'camera') }
  const camera = await startCamera({ name: 'Porch', ...where, source, ...options })
  onTestFinished(() => camera.close())
  const store = await ControllerStore.open(join(directory, 'hub'), nodeProvider)
  const { port, setupCode = '' } = camera.info
  const accessory = await pair({ store, host: '127.0.0.1', port, setupCode })
  const client = await AccessoryClient.connect({ store, accessory })
  onTestFinished(() => client.close())
  return { camera, client, store, accessory }
}
