import { createHash } from 'node:crypto'

import type { AttributeDatabase } from './database/attribute-database.ts'
import type { InstanceIds } from './database/instance-ids.ts'
import type { StoredDatabase } from './storage/schemas.ts'

const MAX = 65_535

/**
 * What to store about the database of this start: c# one higher than last time if the database or
 * the firmware is not what it was, and the same otherwise.
 *
 * @see HomeKit Accessory Protocol R2 table 6-7 (c#)
 */
export function nextDatabaseState(
  stored: StoredDatabase | undefined,
  ids: InstanceIds,
  database: AttributeDatabase,
  firmwareRevision: string,
): StoredDatabase {
  const databaseHash = createHash('sha256')
    .update(`${firmwareRevision}\n${database.hash()}`)
    .digest('hex')
  const last = stored?.configurationNumber ?? 0
  const isSame = stored?.databaseHash === databaseHash
  const configurationNumber = isSame ? last : last >= MAX ? 1 : last + 1
  const { port } = stored ?? {}
  return { configurationNumber, databaseHash, ...ids.toStored(), port }
}
