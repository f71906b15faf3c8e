import { isDeepStrictEqual } from 'node:util'

import {
  decodePayload,
  decodeSetupRequest,
  decodeSetupResponse,
  encodePayload,
  encodeSetupRequest,
  encodeSetupResponse,
  identify,
  isHdsError,
} from '@hksv/hds'

import { plainCrypto, plainKeys } from './plain-crypto.mjs'

/** A payload, and the two messages that set a connection up: written again, they are the same. */
export function fuzz(data) {
  const bytes = new Uint8Array(data)
  again(
    decodePayload,
    ({ header, message }) => Buffer.concat(encodePayload(header, message)),
    bytes,
  )
  again(decodeSetupRequest, encodeSetupRequest, bytes)
  again(decodeSetupResponse, encodeSetupResponse, bytes)
  identify(plainCrypto, [plainKeys], bytes)
}

function again(decode, encode, bytes) {
  let value
  try {
    value = decode(bytes)
  } catch (error) {
    if (!isHdsError(error)) throw error
    return
  }
  if (!isDeepStrictEqual(decode(new Uint8Array(encode(value))), value))
    throw new Error('not the same')
}
