import type { Group } from '../harness/group.ts'
import { readBoolean } from '../harness/honest.ts'
import { request } from '../harness/request.ts'
import { each, type Stage } from '../harness/stage.ts'
import type { Tally } from '../harness/tally.ts'
import { type JsonRow, prepareRows, resourceRows, writeRows } from './json-rows.ts'

/** JSON that is none, and JSON that asks for what there is not, from a verified controller. */
export const json: Group = {
  name: 'JSON',
  on: 'paired camera',
  async run(stage, tally) {
    const wire = await stage.verified()
    const before = await readBoolean(wire, stage.nightVision)
    await post(stage, tally, ['PUT', '/characteristics'], writeRows(stage.nightVision, !before))
    await post(stage, tally, ['PUT', '/prepare'], prepareRows)
    await post(stage, tally, ['POST', '/resource'], resourceRows)
    if ((await readBoolean(wire, stage.nightVision)) !== before) {
      tally.faults.push('a write that was refused was carried out')
    }
    await wire.drop()
  },
}

async function post(
  stage: Stage,
  tally: Tally,
  [method, path]: [method: string, path: string],
  rows: readonly JsonRow[],
): Promise<void> {
  await each(rows, 8, async ({ name, body, expected }) => {
    const wire = await stage.verified()
    wire.send(request(method, path, body))
    // The whole request is there: it is answered, or the connection ends.
    await wire.heard()
    tally.expect(`${method} ${path}, ${name}`, await stage.outcome(wire), expected)
  })
}
