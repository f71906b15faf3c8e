import type { Group } from '../harness/group.ts'
import { abuse } from './abuse.ts'
import { comeback, comebackAtNewCamera } from './comeback.ts'
import { idleCrowd, slowLoris, slowLorisOfNewCamera } from './crowds.ts'
import { setupCuts, verifiedCuts } from './cuts.ts'
import { setupFlips, verifiedFlips } from './flips.ts'
import { garbageAfter, garbageBefore } from './garbage.ts'
import { halfOpen } from './half-open.ts'
import { json } from './json.ts'
import { rivals, wrongCodes } from './pairing.ts'
import { records } from './records.ts'
import { pairingsTlv, setupTlv } from './tlv.ts'

/** In the order in which they run: those of the new camera first. */
export const groups: readonly Group[] = [
  garbageBefore,
  setupFlips,
  setupCuts,
  setupTlv,
  rivals,
  slowLorisOfNewCamera,
  comebackAtNewCamera,
  garbageAfter,
  verifiedFlips,
  verifiedCuts,
  records,
  json,
  pairingsTlv,
  wrongCodes,
  slowLoris,
  comeback,
  idleCrowd,
  halfOpen,
  abuse,
]
