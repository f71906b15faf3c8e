import { nodeProvider as crypto } from '@hksv/crypto/node'
import { PairVerifyController, pairingMessage, type SessionKeys, sessionKeys } from '@hksv/hap'

import { answered } from './controller.ts'
import { request } from './request.ts'
import type { Stage } from './stage.ts'
import type { Wire } from './wire.ts'

/** A connection that is ready for M3 of pair-verify, and the keys that will hold after it. */
export interface BeforeM3 {
  readonly wire: Wire
  readonly m3: Buffer
  readonly keys: SessionKeys
}

/** Goes through pair-verify up to M3, and derives the keys that a controller knows only after M4. */
export async function beforeM3(stage: Stage): Promise<BeforeM3> {
  const { controller } = stage
  const { accessory } = controller
  if (accessory === undefined) throw new Error('the controller is not paired')
  const scalar = controller.random(32)
  const machine = new PairVerifyController({
    crypto,
    identity: controller,
    accessory,
    random: () => scalar.slice(),
  })
  const wire = await stage.stranger()
  const post = () => request('POST', '/pair-verify', machine.take() ?? new Uint8Array(0))
  const m2 = answered(await wire.ask(post())).body
  machine.receive(m2)
  const { publicKey = new Uint8Array(0) } = pairingMessage.decode(m2)
  const secret = crypto.x25519(scalar).agree(publicKey)
  if (secret === undefined) throw new Error('the camera sent a point of low order')
  return { wire, m3: post(), keys: sessionKeys(crypto, secret) }
}
