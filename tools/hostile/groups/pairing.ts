import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeItems } from '@hksv/tlv8'

import { Camera } from '../harness/camera.ts'
import { answered, Controller } from '../harness/controller.ts'
import type { Group } from '../harness/group.ts'
import { labelOf } from '../harness/label.ts'
import { request } from '../harness/request.ts'
import type { Tally } from '../harness/tally.ts'
import { Wire } from '../harness/wire.ts'

const LIMIT = 100
const M1 = request('POST', '/pair-setup', Uint8Array.of(6, 1, 1, 0, 1, 0))
const M3 = request(
  'POST',
  '/pair-setup',
  encodeItems([
    { type: 6, value: Uint8Array.of(3) },
    { type: 3, value: new Uint8Array(384).fill(2) },
    { type: 4, value: new Uint8Array(64).fill(3) },
  ]),
)

/** Two that pair at once, and one that guesses. */
export const rivals: Group = {
  name: 'rivals of pair-setup',
  on: 'new camera',
  async run(stage, tally) {
    const owner = await stage.stranger()
    tally.expect('the first M1', await ask(owner, M1), ['M2'])
    for (let i = 0; i < 10; i++) {
      const other = await stage.stranger()
      tally.expect('M1 of another', await ask(other, M1), ['M2 error 7'])
      tally.expect('M3 of another', await ask(other, M3), ['400'])
      await other.drop()
    }
    // The procedure is still the first one's.
    tally.expect('M3 of the first', await ask(owner, M3), ['M4 error 2'])
    const [a, b] = [new Controller('rival a'), new Controller('rival b')]
    const results = await Promise.allSettled([a.pair(stage.port), b.pair(stage.port)])
    const paired = results.filter(({ status }) => status === 'fulfilled').length
    tally.expect('two that pair at once', `${paired} paired`, ['1 paired'])
    const winner = a.accessory === undefined ? b : a
    tally.expect('M1 to a paired camera', await ask(owner, M1), ['M2 error 6'])
    await winner.unpair(stage.port)
    await owner.drop()
  },
}

/** A hundred wrong codes lock a camera, over a sudden end too; on a process of its own. */
export const wrongCodes: Group = {
  name: '120 wrong codes, another process',
  on: 'paired camera',
  async run({ root }, tally) {
    const directory = await mkdtemp(join(tmpdir(), 'hksv-hostile-codes-'))
    try {
      const camera = await Camera.start(root, directory)
      await guess(camera, tally, 0, 120)
      await camera.stop('SIGKILL')
      const again = await Camera.start(root, directory)
      await guess(again, tally, LIMIT, LIMIT + 1)
      const honest = new Controller('too late')
      const outcome = await honest.pair(again.port).then(
        () => 'paired',
        () => 'refused',
      )
      tally.expect('the right code, too late', outcome, ['refused'])
      tally.expect('exit code', `exit ${await again.stop()}`, ['exit 0'])
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
}

async function guess(camera: Camera, tally: Tally, from: number, to: number): Promise<void> {
  const wire = await Wire.connect(camera.port)
  for (let i = from; i < to; i++) {
    const isLocked = i >= LIMIT
    const challenge = await ask(wire, M1)
    tally.expect(`M1 after ${i} wrong codes`, challenge, [isLocked ? 'M2 error 5' : 'M2'])
    if (challenge !== 'M2') continue
    tally.expect(`wrong code ${i + 1}`, await ask(wire, M3), ['M4 error 2'])
  }
  await wire.drop()
}

async function ask(wire: Wire, bytes: Uint8Array): Promise<string> {
  return labelOf(answered(await wire.ask(bytes)))
}
