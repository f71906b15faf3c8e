import { decodeItems, encodeItems, splitItems, type TlvItem } from '@hksv/tlv8'

import { isEqual } from './bytes.ts'
import { HapError } from './errors.ts'
import { decodeIdentifier, encodeIdentifier } from './identifier.ts'
import type { Pairing } from './pair-setup-accessory.ts'
import {
  ADMIN,
  decodePairingMessage,
  errorMessage,
  expectState,
  type PairingError,
  type PairingMessage,
  pairingError,
  pairingMessage,
  pairingMethod,
} from './pairing-message.ts'

/** Pairings that every accessory has to hold. @see HomeKit Accessory Protocol R2 §5.11 */
export const MAX_PAIRINGS = 16

const SEPARATOR = 0xff

/** A body of `POST /pairings`. */
export type PairingsRequest =
  | { readonly method: 'add'; readonly pairing: Pairing }
  | { readonly method: 'remove'; readonly identifier: string }
  | { readonly method: 'list' }

/** What a request did. */
export interface PairingsResult {
  /** The body to answer, with 200. */
  readonly answer: Uint8Array
  /** All pairings after the request. Persist them before answering when {@link isChanged}. */
  readonly pairings: readonly Pairing[]
  readonly isChanged: boolean
}

/**
 * Reads a body of `POST /pairings`.
 *
 * @throws HapError `PAIR_MALFORMED`: answer 400.
 */
export function decodePairingsRequest(body: Uint8Array): PairingsRequest {
  const { state, method, identifier, publicKey, permissions } = decodePairingMessage(body)
  if (state !== 1) throw new HapError('PAIR_MALFORMED', { detail: 'state' })
  if (method === pairingMethod.listPairings) return { method: 'list' }
  if (identifier === undefined) throw new HapError('PAIR_MALFORMED', { detail: 'identifier' })
  const name = decodeIdentifier(identifier)
  if (method === pairingMethod.removePairing) return { method: 'remove', identifier: name }
  if (method !== pairingMethod.addPairing) throw new HapError('PAIR_MALFORMED')
  if (publicKey?.length !== 32 || permissions === undefined || permissions > ADMIN) {
    throw new HapError('PAIR_MALFORMED')
  }
  const pairing = { identifier: name, publicKey: publicKey.slice(), permissions }
  return { method: 'add', pairing }
}

/** Writes a body of `POST /pairings`. */
export function encodePairingsRequest(request: PairingsRequest): Uint8Array {
  switch (request.method) {
    case 'list':
      return pairingMessage.encode({ state: 1, method: pairingMethod.listPairings })
    case 'remove': {
      const identifier = encodeIdentifier(request.identifier)
      return pairingMessage.encode({ state: 1, method: pairingMethod.removePairing, identifier })
    }
    case 'add':
      return pairingMessage.encode({
        state: 1,
        method: pairingMethod.addPairing,
        ...pairingItems(request.pairing),
      })
  }
}

/**
 * Applies a request to the pairings of an accessory. Without any administrator left, none is left.
 *
 * @param requester The pairing of the session that asks, as stored now; `undefined` if it is gone.
 */
export function applyPairingsRequest(
  pairings: readonly Pairing[],
  request: PairingsRequest,
  requester: Pairing | undefined,
): PairingsResult {
  const refuse = (error: PairingError): PairingsResult => ({
    answer: errorMessage(2, error),
    pairings,
    isChanged: false,
  })
  if (requester === undefined || (requester.permissions & ADMIN) === 0) {
    return refuse(pairingError.authentication)
  }
  switch (request.method) {
    case 'list':
      return { answer: encodeList(pairings), pairings, isChanged: false }
    case 'remove':
      return changed(
        pairings,
        pairings.filter(other => other.identifier !== request.identifier),
      )
    case 'add': {
      const { pairing } = request
      const old = pairings.find(other => other.identifier === pairing.identifier)
      if (old === undefined) {
        if (pairings.length >= MAX_PAIRINGS) return refuse(pairingError.maxPeers)
        return changed(pairings, [...pairings, pairing])
      }
      // Another key under a known id is somebody else.
      if (!isEqual(old.publicKey, pairing.publicKey)) return refuse(pairingError.unknown)
      const isSame = old.permissions === pairing.permissions
      return changed(
        pairings,
        pairings.map(other => (other === old && !isSame ? pairing : other)),
      )
    }
  }
}

/**
 * Reads the answer to a request.
 *
 * @returns The pairings, for a list; an empty array otherwise.
 * @throws HapError `PAIR_REFUSED` with the accessory's error, `PAIR_MALFORMED`.
 */
export function decodePairingsResponse(body: Uint8Array): Pairing[] {
  let records: PairingMessage[]
  try {
    records = splitItems(decodeItems(body), SEPARATOR).map(items =>
      pairingMessage.decode(encodeItems(items)),
    )
  } catch (cause) {
    throw new HapError('PAIR_MALFORMED', { cause })
  }
  const [first, ...more] = records
  if (first === undefined) throw new HapError('PAIR_MALFORMED')
  expectState(first, 2)
  if (first.identifier === undefined && more.length === 0) return []
  return records.map(({ identifier, publicKey, permissions }) => {
    if (identifier === undefined || publicKey?.length !== 32 || permissions === undefined) {
      throw new HapError('PAIR_MALFORMED', { detail: 'pairing' })
    }
    return { identifier: decodeIdentifier(identifier), publicKey, permissions }
  })
}

function changed(before: readonly Pairing[], after: readonly Pairing[]): PairingsResult {
  const hasAdmin = after.some(pairing => (pairing.permissions & ADMIN) !== 0)
  const pairings = hasAdmin ? after : []
  const isChanged =
    pairings.length !== before.length || pairings.some((pairing, i) => pairing !== before[i])
  return { answer: pairingMessage.encode({ state: 2 }), pairings, isChanged }
}

function encodeList(pairings: readonly Pairing[]): Uint8Array {
  const items: TlvItem[] = [...decodeItems(pairingMessage.encode({ state: 2 }))]
  for (const [i, pairing] of pairings.entries()) {
    if (i > 0) items.push({ type: SEPARATOR, value: new Uint8Array(0) })
    items.push(...decodeItems(pairingMessage.encode(pairingItems(pairing))))
  }
  return encodeItems(items)
}

function pairingItems({ identifier, publicKey, permissions }: Pairing): PairingMessage {
  return { identifier: encodeIdentifier(identifier), publicKey, permissions }
}
