import process from 'node:process'
import { parseArgs } from 'node:util'

import { groups } from './groups/index.ts'
import type { Group } from './harness/group.ts'
import type { Tally } from './harness/tally.ts'
import { isBack, Suite, type Vitals } from './suite.ts'

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
    report(group.name, tally, performance.now() - from)
    console.log(`  resident ${megabytes(await camera.residentBytes())} MB`)
    if (!camera.isAlive) throw new Error(`the camera has died: ${camera.complaints.join('\n')}`)
  }
  const after = await suite.after()
  reportVitals(suite.before, after)
  for (const line of camera.complaints) console.log(`stderr: ${line}`)
  const code = await suite.stop()
  if (code !== 0) console.log(`the camera ended with ${code}`)
  return faults + camera.complaints.length === 0 && code === 0 && isBack(suite.before, after)
}

function report(name: string, tally: Tally, ms: number): void {
  const outcomes = tally.outcomes.map(([outcome, count]) => `${outcome} ${count}`)
  const seconds = (ms / 1000).toFixed(1)
  console.log(`${name.padEnd(36)} ${`${tally.total}`.padStart(6)} inputs ${seconds.padStart(6)} s`)
  console.log(`  ${outcomes.join(', ')}`)
  for (const note of tally.notes) console.log(`  ${note}`)
  for (const fault of tally.faults) console.log(`  FAULT ${fault}`)
}

function reportVitals(before: Vitals, after: Vitals): void {
  console.log('\nhonest controller, medians          before       after')
  for (const key of ['verify', 'accessories', 'write', 'event'] as const) {
    row(`${key} (ms)`, before.times[key].toFixed(2), after.times[key].toFixed(2))
  }
  row('resident (MB)', megabytes(before.residentBytes), megabytes(after.residentBytes))
  row('descriptors', `${before.descriptors}`, `${after.descriptors}`)
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}

function row(name: string, before: string, after: string): void {
  console.log(`${name.padEnd(30)} ${before.padStart(11)} ${after.padStart(11)}`)
}

/** What run.mjs waits for. */
export async function run(root: string): Promise<void> {
  process.exitCode = (await main(root)) ? 0 : 1
}
