// Kills a recorder while two cameras record, and looks whether every clip plays.
//
// usage: node tools/soak/vault-kills.mjs [--times 100] [--seed N]
//
// It is killed at a random moment, a hundred times: between fragments, in the middle of one, between the
// end of a clip and its name. Each clip is decoded as soon as it has its name, and its sidecar is read.
// Takes about five seconds a kill. Exit codes: 0 all play, 1 one does not, 2 wrong usage.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

import { killVault } from './vault-killer.mjs'

const { times, seed } = readArguments()
const directory = mkdtempSync(join(tmpdir(), 'hksv-vault-'))
try {
  const progress = done => process.stderr.write(`\r${done} of ${times}`)
  const { failures, ...counts } = await killVault({ directory, times, seed, progress })
  process.stderr.write('\n')
  console.table({ [`${times} kills, seed ${seed}`]: { ...counts, failures: failures.length } })
  for (const failure of failures) console.error(failure)
  process.exitCode = failures.length === 0 ? 0 : 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}

function readArguments() {
  try {
    const options = { times: { type: 'string' }, seed: { type: 'string' } }
    const { values } = parseArgs({ options })
    const { times: count = '100', seed: start = `${Date.now() % 100_000}` } = values
    const numbers = [Number(count), Number(start)]
    if (!numbers.every(each => Number.isInteger(each) && each > 0)) throw new Error('no number')
    return { times: numbers[0], seed: numbers[1] }
  } catch (error) {
    console.error(
      `${error.message}\nusage: node tools/soak/vault-kills.mjs [--times 100] [--seed N]`,
    )
    process.exit(2)
  }
}
