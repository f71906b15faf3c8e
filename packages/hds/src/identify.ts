import type { CryptoProvider } from '@hksv/crypto'
import { isHdsError } from './errors.ts'
import { FRAME_HEADER_LENGTH, FRAME_TAG_LENGTH, frameNonce, payloadLength } from './frame.ts'
import type { HdsKeys } from './keys.ts'

/** The first frame is a hello of 46 bytes or so. */
const MAX_FIRST_PAYLOAD_LENGTH = 4096

/**
 * Finds out which prepared session a new connection of a shared listener belongs to, by trying
 * every session's key on the first frame. Nothing advances: give the same bytes to the
 * {@link HdsAccessory} of the session that was found.
 *
 * @param prepared The sessions that were set up and have no connection yet.
 * @param bytes Everything received so far; at most 4116 bytes are ever needed.
 * @returns An index into `prepared`; `'incomplete'` when the frame is not all there yet; `'none'`
 * when the connection has to be closed.
 * @see observed: HAP-NodeJS 1.2.0
 */
export function identify(
  crypto: CryptoProvider,
  prepared: readonly Pick<HdsKeys, 'controllerToAccessory'>[],
  bytes: Uint8Array,
): number | 'incomplete' | 'none' {
  if (bytes.length < FRAME_HEADER_LENGTH) return 'incomplete'
  const header = bytes.subarray(0, FRAME_HEADER_LENGTH)
  let end: number
  try {
    end = FRAME_HEADER_LENGTH + payloadLength(header, MAX_FIRST_PAYLOAD_LENGTH)
  } catch (error) {
    if (isHdsError(error)) return 'none'
    throw error
  }
  if (bytes.length < end + FRAME_TAG_LENGTH) return 'incomplete'
  const ciphertext = bytes.subarray(FRAME_HEADER_LENGTH, end)
  const tag = bytes.subarray(end, end + FRAME_TAG_LENGTH)
  const nonce = frameNonce(0n)
  const found = prepared.findIndex(
    keys =>
      crypto.aead(keys.controllerToAccessory).open(nonce, header, ciphertext, tag) !== undefined,
  )
  return found === -1 ? 'none' : found
}
