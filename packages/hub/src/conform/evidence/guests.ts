import type { ControllerIdentity } from '@hksv/hap'
import { v4 as uuid } from 'uuid'

import type { Experiment, Lab } from '../lab.ts'
import type { RawSession } from '../wire/raw-session.ts'
import { database } from './database.ts'
import { requestPairings } from './requests.ts'

/** Another controller, made up for the run. */
export function inventController(lab: Lab): ControllerIdentity {
  const identifier = uuid({ random: lab.crypto.random(16) }).toUpperCase()
  return { identifier, longTermKey: lab.crypto.ed25519(lab.crypto.random(32)) }
}

/** Lets a made-up controller in, and shuts it out at the end. @throws HapError, HubError */
export async function admit(lab: Lab, permissions: number): Promise<ControllerIdentity> {
  await lab.get(database)
  const identity = inventController(lab)
  const { identifier, longTermKey } = identity
  const pairing = { identifier, publicKey: longTermKey.publicKey, permissions }
  await requestPairings(await lab.session(), { method: 'add', pairing })
  lab.finally('a pairing that the run added', async () => {
    await requestPairings(await lab.session(), { method: 'remove', identifier })
  })
  return identity
}

/** A controller that is no administrator, with a verified connection. */
export const guest: Experiment<{ identity: ControllerIdentity; session: RawSession }> = {
  name: 'let a guest in',
  rule: 'pairing-added-verifies',
  async run(lab) {
    const identity = await admit(lab, 0)
    return { identity, session: await lab.connect(identity) }
  },
}
