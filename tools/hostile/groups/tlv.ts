import { decodePairingsResponse, encodePairingsRequest } from '@hksv/hap'

import { answered } from '../harness/controller.ts'
import type { Group } from '../harness/group.ts'
import { labelOf } from '../harness/label.ts'
import { request } from '../harness/request.ts'
import type { Stage } from '../harness/stage.ts'
import { clearWrongCodes, isPaired } from '../harness/steps.ts'
import type { Tally } from '../harness/tally.ts'
import type { Wire } from '../harness/wire.ts'
import {
  generatedBodies,
  lowOrderBodies,
  malformedBodies,
  methodBodies,
  stateBodies,
  type TlvBody,
  weakSrpBodies,
} from './tlv-bodies.ts'

/** A challenge gives nothing away; anything else is refused. */
const REFUSED = /^(400|M2|M[246] error [1-7])$/
/** Only where M1 is honest the answer is a challenge. */
const MALFORMED = /^(400|M4 error 2)$/
const WRONG_CODES = 50

/** Nonsense in the messages of pair-setup and pair-verify of a new camera. */
export const setupTlv: Group = {
  name: 'TLV of pair-setup and pair-verify',
  on: 'new camera',
  async run(stage, tally) {
    const generated = generatedBodies(stage.scale === 'full' ? 2000 : 150)
    for (const path of ['/pair-setup', '/pair-verify']) {
      for (const at of [1, 3, 5]) {
        await throwAll(stage, tally, path, malformedBodies(at), REFUSED)
        await throwAll(
          stage,
          tally,
          path,
          stage.sample(malformedBodies(at), 60),
          REFUSED,
          begun(path),
        )
      }
      await throwAll(stage, tally, path, [...methodBodies, ...stateBodies, ...generated], REFUSED)
    }
    await throwAll(stage, tally, '/pair-setup', weakSrpBodies, MALFORMED, begun('/pair-setup'))
    await throwAll(stage, tally, '/pair-verify', lowOrderBodies, /^400$/)
    await clearWrongCodes(stage)
    if (await isPaired(stage)) tally.faults.push('nonsense has paired')
  },
}

/** Nonsense to `/pairings` from the administrator, who could do harm. */
export const pairingsTlv: Group = {
  name: 'TLV of pairings',
  on: 'paired camera',
  async run(stage, tally) {
    const before = await listPairings(stage)
    const generated = generatedBodies(stage.scale === 'full' ? 3000 : 200)
    const bodies = [...malformedBodies(1), ...malformedBodies(2), ...methodBodies, ...stateBodies]
    const wire = await stage.verified()
    for (const { name, body } of [...bodies, ...generated]) {
      const label = labelOf(answered(await wire.ask(request('POST', '/pairings', body))))
      tally.match(`/pairings, ${name}`, label, REFUSED)
    }
    await wire.drop()
    const after = await listPairings(stage)
    if (after !== before) tally.faults.push(`pairings: ${after}, not ${before}`)
  },
}

/** The honest M1 before each body, so that the next message is expected. */
function begun(path: string): Uint8Array {
  const method = Uint8Array.of(6, 1, 1, 0, 1, 0)
  return path === '/pair-setup'
    ? method
    : Buffer.concat([Uint8Array.of(6, 1, 1, 3, 32), BASE_POINT])
}

/** A public key of pair-verify: that of the secret 1 is a point like any other. */
const BASE_POINT = Uint8Array.of(9, ...new Uint8Array(31))

async function throwAll(
  stage: Stage,
  tally: Tally,
  path: string,
  bodies: readonly TlvBody[],
  rule: RegExp,
  first?: Uint8Array,
): Promise<void> {
  let wire: Wire | undefined
  for (const [i, { name, body }] of bodies.entries()) {
    wire ??= await stage.stranger()
    if (first !== undefined) await wire.ask(request('POST', path, first))
    const label = labelOf(answered(await wire.ask(request('POST', path, body))))
    tally.match(`${path}, ${name}`, label, rule)
    if (i % WRONG_CODES !== WRONG_CODES - 1) continue
    await wire.drop()
    wire = undefined
    await stage.fence()
    await clearWrongCodes(stage)
  }
  await wire?.drop()
  await stage.fence()
  await clearWrongCodes(stage)
}

/** The pairings as text. */
async function listPairings(stage: Stage): Promise<string> {
  const wire = await stage.verified()
  const asked = request('POST', '/pairings', encodePairingsRequest({ method: 'list' }))
  const list = decodePairingsResponse(answered(await wire.ask(asked)).body)
  await wire.drop()
  return list.map(({ identifier, permissions }) => `${identifier} ${permissions}`).join()
}
