import { type HapError, isHapError } from '@hksv/hap'

import type { HapConnection } from './connection.ts'
import { HubError } from './errors.ts'

const PAIRING_TYPE = 'application/pairing+tlv8'

/** A controller's machine of pair-setup or pair-verify. */
interface PairingMachine<Event> {
  take(): Uint8Array | undefined
  receive(body: Uint8Array): Event[]
  close(): void
}

/**
 * Posts what a machine asks and gives it the answers, until it reports something.
 *
 * @param translate What its errors mean to the user.
 * @throws HubError As translated, `HUB_PROTOCOL`, and those of the connection
 */
export async function converse<Event>(
  connection: HapConnection,
  path: '/pair-setup' | '/pair-verify',
  machine: PairingMachine<Event>,
  translate: (error: HapError) => HubError,
): Promise<Event> {
  try {
    for (;;) {
      const request = machine.take()
      if (request === undefined) throw new HubError('HUB_PROTOCOL')
      const answer = await postPairing(connection, path, request)
      const [event] = machine.receive(answer)
      if (event !== undefined) return event
    }
  } catch (error) {
    throw isHapError(error) ? translate(error) : error
  } finally {
    machine.close()
  }
}

/**
 * Posts a pairing message.
 *
 * @returns The body of the answer.
 * @throws HubError `HUB_NOT_PAIRED` when the accessory wants to be asked by somebody it knows,
 * `HUB_PROTOCOL`, and those of the connection
 */
export async function postPairing(
  connection: HapConnection,
  path: '/pair-setup' | '/pair-verify' | '/pairings',
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const { status, body } = await connection.request('POST', path, { type: PAIRING_TYPE, bytes })
  if (status === 200) return body
  if (status === 470) throw new HubError('HUB_NOT_PAIRED')
  throw new HubError('HUB_PROTOCOL', {
    message: `The accessory answered ${path} with HTTP status ${status}. Update it, or tell its maker.`,
  })
}
