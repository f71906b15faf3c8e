import type { Group } from '../harness/group.ts'
import { recordedRandom } from '../harness/random.ts'
import { each, type Stage } from '../harness/stage.ts'
import type { Tally } from '../harness/tally.ts'
import type { Wire } from '../harness/wire.ts'
import { nonsense } from './nonsense-rows.ts'

/** Random bytes may begin like a request, or like nothing. */
const UNASKED = ['closed', 'ignored']

/** Bytes that are no HTTP, and HTTP that no controller sends, to strangers' connections. */
export const garbageBefore: Group = {
  name: 'garbage before pair-verify',
  on: 'new camera',
  run: (stage, tally) => throwGarbage(stage, tally, () => stage.stranger(), 'before'),
}

/** The same inside the record layer of a verified connection. */
export const garbageAfter: Group = {
  name: 'garbage after pair-verify',
  on: 'paired camera',
  run: (stage, tally) => throwGarbage(stage, tally, () => stage.verified(), 'after'),
}

async function throwGarbage(
  stage: Stage,
  tally: Tally,
  connect: () => Promise<Wire>,
  when: 'before' | 'after',
): Promise<void> {
  await each(nonsense, 8, async ({ name, bytes, before = ['closed'], after = before }) => {
    const wire = await connect()
    wire.send(bytes)
    tally.expect(name, await stage.outcome(wire), when === 'before' ? before : after)
  })
  const random = recordedRandom(`garbage ${when}`)
  const sizes = Array.from({ length: 400 }, (_, i) => (i % 100) ** 2 + 1)
  await each(stage.sample(sizes, 60), 8, async size => {
    const bytes = random(size)
    const wire = await connect()
    wire.send(bytes)
    tally.expect(`${size} random bytes`, await stage.outcome(wire), UNASKED)
  })
}
