import { decodeItems } from '@hksv/tlv8'

import { pair } from '../../pairing.ts'
import type { Experiment, Lab } from '../lab.ts'
import { NotJudged } from '../rule.ts'
import type { Answer } from '../wire/answers.ts'
import { requestPairings } from './requests.ts'

/** The TLV types of pairing. @see HomeKit Accessory Protocol R2 table 5-6 */
export const pairingType = {
  method: 0,
  identifier: 1,
  salt: 2,
  publicKey: 3,
  proof: 4,
  encryptedData: 5,
  state: 6,
  error: 7,
  permissions: 0x0b,
  separator: 0xff,
} as const

/** What a pairing message says, whatever its lengths. */
export type PairingFields = ReadonlyMap<number, Uint8Array>

/** @returns The items of a pairing answer by type; none when it is no TLV8. */
export function pairingFields({ body }: Pick<Answer, 'body'>): PairingFields {
  try {
    return new Map(decodeItems(body).map(({ type, value }) => [type, value]))
  } catch {
    return new Map()
  }
}

/** One byte of a pairing message. */
export function byteOf(fields: PairingFields, type: number): number | undefined {
  return fields.get(type)?.[0]
}

/** The first message of pair-setup, as a phone sends it. */
export const setupM1: Uint8Array = Uint8Array.of(6, 1, 1, 0, 1, 0)

/** The first two messages of pair-setup, and what a second controller is told meanwhile. */
export const setupStart: Experiment<{ first: Answer; second: Answer }> = {
  name: 'begin pair-setup',
  rule: 'setup-start-answered',
  async run(lab) {
    if (lab.accessory !== undefined) throw new NotJudged('the camera is paired')
    const session = await lab.open()
    const first = await session.request('POST', '/pair-setup', setupM1)
    const other = await lab.open()
    const second = await other.request('POST', '/pair-setup', setupM1)
    other.close()
    session.close()
    await Promise.all([other.closed, session.closed])
    return { first, second }
  },
}

/** Pairs with the camera, unless that was done before the run; taken back at its end. */
export const pairing: Experiment<{ isOurs: boolean }> = {
  name: 'pair',
  rule: 'setup-completes',
  async run(lab) {
    if (lab.accessory !== undefined) return { isOurs: false }
    const { store, setupCode } = lab.options
    if (setupCode === undefined)
      throw new NotJudged('the camera is not paired, and there is no --code')
    // What it says before it is paired is asked first: afterwards it is too late.
    await lab.attempt(setupStart)
    lab.accessory = await pair({
      ...lab.address,
      store,
      setupCode,
      crypto: lab.crypto,
      signal: lab.signal,
    })
    lab.finally('the pairing of this run', () => unpair(lab))
    return { isOurs: true }
  },
}

async function unpair(lab: Lab): Promise<void> {
  const { accessory } = lab
  if (accessory === undefined) return
  const session = await lab.session()
  const { identifier } = lab.identity
  await requestPairings(session, { method: 'remove', identifier })
  await lab.options.store.remove(accessory.deviceId)
}
