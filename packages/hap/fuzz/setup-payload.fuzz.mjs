import { isDeepStrictEqual } from 'node:util'

import { isHapError, longUuid, parseSetupCode, parseSetupUri, setupUri, shortUuid } from '@hksv/hap'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** A setup code, or what a tag says, as typed, and as thirteen characters that fit. */
export function fuzz(data) {
  const text = data.toString('utf8')
  attempt(() => parseSetupCode(text))
  uri(text)
  uri(`X-HM://${Array.from(data.subarray(0, 13), byte => ALPHABET[byte % 36]).join('')}`)
  const [uuid] = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/i.exec(text) ?? []
  if (uuid !== undefined && shortUuid(longUuid(uuid)) !== shortUuid(uuid)) throw new Error(uuid)
}

function uri(text) {
  const payload = attempt(() => parseSetupUri(text))
  if (payload === undefined) return
  if (!isDeepStrictEqual(parseSetupUri(setupUri(payload)), payload)) throw new Error('not the same')
}

function attempt(run) {
  try {
    return run()
  } catch (error) {
    if (!isHapError(error)) throw error
    return undefined
  }
}
