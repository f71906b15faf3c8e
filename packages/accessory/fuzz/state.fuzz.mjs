import { createHash } from 'node:crypto'

import { isAccessoryError } from '../src/errors.ts'
import { parseEventRecord } from '../src/records/event-schema.ts'
import { explain } from '../src/records/explain.ts'
import { stateSchemas } from '../src/storage/schemas.ts'
import { parseState } from '../src/storage/state-file.ts'

/** What lies on the disk: state files whose checksum is right, as they are, and the lines of events. */
export function fuzz(data) {
  const text = data.toString('utf8')
  read(text)
  let json
  try {
    json = JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return
  }
  const sha256 = createHash('sha256').update(JSON.stringify(json)).digest('hex')
  read(JSON.stringify({ format: 1, sha256, data: json }))
  const record = parseEventRecord(json)
  if (record !== undefined && explain(record).length === 0) throw new Error('nothing is said')
}

function read(text) {
  for (const [name, schema] of Object.entries(stateSchemas)) {
    try {
      parseState(text, schema, `/camera/${name}`)
    } catch (error) {
      if (!isAccessoryError(error)) throw error
      if (!['STORAGE_DAMAGED', 'STORAGE_NEWER'].includes(error.code)) throw error
    }
  }
}
