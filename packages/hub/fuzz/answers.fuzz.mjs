import { isHubError, RemoteDatabase } from '@hksv/hub'

import { parseEntries, parseJson, parseStatus } from '../src/hap-json.ts'

/** Pieces of what accessories answer: each byte from 80 on stands for one. */
const words = [
  '{"accessories":[{"aid":1,"services":[',
  ']}]}',
  '{"iid":8,"type":"129","primary":true,"linked":[9],"characteristics":[',
  '{"iid":"9","type":"0000003E-0000-1000-8000-0026BB765291",',
  '"format":"tlv8","perms":["pr","ev"],"value":',
  '{"characteristics":[',
  '{"aid":1,"iid":9,"status":-70402,"value":',
  '"AQEA"',
  'null',
  'true',
  '}',
  ']}',
  ',',
  '{"status":70410}',
]

/** Whatever a camera answers is understood, or refused with an error that says so. */
export function fuzz(data) {
  const text = Array.from(data, byte => words[byte - 0x80] ?? String.fromCharCode(byte)).join('')
  const body = Buffer.from(text)
  attempt(() => parseEntries(body))
  attempt(() => parseStatus(body))
  const database = attempt(() => RemoteDatabase.parse(parseJson(body)))
  if (database === undefined) return
  attempt(() => database.service('cameraOperatingMode'))
  for (const { aid, characteristics } of database.services)
    for (const { iid } of characteristics)
      if (database.find(aid, iid) === undefined) throw new Error(`${aid}.${iid} is not found`)
}

function attempt(run) {
  try {
    return run()
  } catch (error) {
    if (!isHubError(error)) throw error
    return undefined
  }
}
