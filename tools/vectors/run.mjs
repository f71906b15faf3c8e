// Replays test-vectors/ through the built packages, and says how many there are.
//
// usage: node tools/vectors/run.mjs [FOLDER ...]
//
// Each file is replayed by the tests that replays.ts names: every row is read or refused as it says, and
// written again. Exit codes: 0 all rows hold, 1 some do not (they are printed), 2 wrong usage.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { startVitest } from 'vitest/node'

const root = new URL('../../test-vectors/', import.meta.url)
const all = readdirSync(root, { withFileTypes: true })
  .filter(entry => entry.isDirectory() && entry.name !== 'node_modules')
  .map(({ name }) => name)
const wanted = process.argv.slice(2)
const unknown = wanted.find(name => !all.includes(name))
if (unknown !== undefined) {
  console.error(`There are no vectors of ${unknown}. Choose among ${all.join(', ')}.`)
  process.exit(2)
}
const folders = wanted.length > 0 ? wanted : all
const config = fileURLToPath(new URL('vitest.config.ts', import.meta.url))
const filters = folders.map(folder => `packages/${folder}/`)
const vitest = await startVitest('test', filters, { config, run: true, watch: false })
const failed = vitest.state.getCountOfFailedTests()
await vitest.close()
report()
if (failed > 0 || process.exitCode) {
  console.error(`${failed} checks failed: their rows stand above.`)
  process.exitCode = 1
}

function report() {
  let [accepted, refused] = [0, 0]
  for (const folder of folders) {
    for (const file of readdirSync(new URL(`${folder}/`, root)).toSorted()) {
      const path = new URL(`${folder}/${file}`, root)
      if (!existsSync(path)) continue
      const { cases } = JSON.parse(readFileSync(path, 'utf8'))
      const bad = cases.filter(({ error }) => error !== undefined).length
      accepted += cases.length - bad
      refused += bad
      const name = `${folder}/${file}`.padEnd(44)
      console.log(
        `${name} ${String(cases.length - bad).padStart(5)} read ${String(bad).padStart(5)} refused`,
      )
    }
  }
  const total = String(accepted + refused)
  console.log(`\n${total} vectors: ${accepted} are read, ${refused} are refused`)
}
