import process from 'node:process'
import { parseArgs } from 'node:util'

import { groups } from './groups/index.ts'
import type { Group } from './harness/group.ts'
import { report, reportVitals } from './report.ts'
import { isBack, Suite } from './suite.ts'

/** Runs the groups and prints what became of them. @returns Whether all is well. */
export async function main(root: string): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      reduced: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
    },
  })
  const wanted = groups.filter(({ name }) => values.only?.some(part => name.includes(part)) ?? true)
  const suite = await Suite.start(root, values.reduced ? 'reduced' : 'full')
  try {
    return await runAll(suite, wanted)
  } finally {
    await suite.stop()
  }
}

async function runAll(suite: Suite, wanted: readonly Group[]): Promise<boolean> {
  const { camera } = suite.stage
  let faults = 0
  for (const group of wanted) {
    const from = performance.now()
    const tally = await suite.run(group)
    faults += tally.faults.length
    report(group.name, tally, performance.now() - from, await camera.residentBytes())
    if (!camera.isAlive) throw new Error(`the camera has died: ${camera.complaints.join('\n')}`)
  }
  const after = await suite.after()
  reportVitals(suite.before, after)
  for (const line of camera.complaints) console.log(`stderr: ${line}`)
  const code = await suite.stop()
  if (code !== 0) console.log(`the camera ended with ${code}`)
  return faults + camera.complaints.length === 0 && code === 0 && isBack(suite.before, after)
}

/** What run.mjs waits for. */
export async function run(root: string): Promise<void> {
  process.exitCode = (await main(root)) ? 0 : 1
}
