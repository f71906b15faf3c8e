import {
  decodePairingsResponse,
  encodePairingsRequest,
  isHapError,
  type Pairing,
  type PairingsRequest,
  pairingError,
} from '@hksv/hap'

import type { HapConnection } from './connection.ts'
import { HubError } from './errors.ts'
import { postPairing } from './pairing-exchange.ts'

/** What an accessory's refusal means. */
const REFUSALS: Readonly<Record<number, string>> = {
  [pairingError.authentication]:
    'The accessory refused: only an administrator may manage its pairings. Ask from one.',
  [pairingError.maxPeers]:
    'The accessory holds as many pairings as it can. Remove one, and try again.',
  [pairingError.unknown]:
    'The accessory refused, perhaps since it knows this pairing id with another key. Remove it first.',
}

/**
 * Sends a request about pairings over a verified connection.
 *
 * @returns The pairings, for a list; nothing otherwise.
 * @throws HubError `HUB_REFUSED`, `HUB_NOT_PAIRED`, `HUB_PROTOCOL`, and those of the connection
 * @see HomeKit Accessory Protocol R2 §5.10 to §5.12
 */
export async function requestPairings(
  connection: HapConnection,
  request: PairingsRequest,
): Promise<Pairing[]> {
  const body = await postPairing(connection, '/pairings', encodePairingsRequest(request))
  try {
    return decodePairingsResponse(body)
  } catch (cause) {
    if (!isHapError(cause)) throw cause
    if (cause.code !== 'PAIR_REFUSED') {
      const message = `The accessory's answer about pairings is malformed: ${cause.message}.`
      throw new HubError('HUB_PROTOCOL', { message, cause })
    }
    const known = REFUSALS[cause.pairingError ?? 0]
    const message = known ?? `The accessory refused: ${cause.message}. Try again later.`
    throw new HubError('HUB_REFUSED', { message, cause })
  }
}
