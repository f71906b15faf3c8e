import type { Tally } from './harness/tally.ts'
import type { Vitals } from './suite.ts'

/** Prints how the inputs of a group ended, and what the camera holds after it. */
export function report(name: string, tally: Tally, ms: number, residentBytes: number): void {
  const outcomes = tally.outcomes.map(([outcome, count]) => `${outcome} ${count}`)
  const seconds = (ms / 1000).toFixed(1)
  console.log(`${name.padEnd(36)} ${`${tally.total}`.padStart(6)} inputs ${seconds.padStart(6)} s`)
  console.log(`  ${outcomes.join(', ')}`)
  console.log(`  resident ${megabytes(residentBytes)} MB`)
  for (const note of tally.notes) console.log(`  ${note}`)
  for (const fault of tally.faults) console.log(`  FAULT ${fault}`)
}

/** Prints what an honest controller waits, and what the process holds. */
export function reportVitals(before: Vitals, after: Vitals): void {
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
