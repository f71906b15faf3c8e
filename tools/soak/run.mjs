// Kills a camera again and again while it writes, and looks for what is lost.
//
// usage: node tools/soak/run.mjs [--kills 1000] [--seed 1]
//
// Nine of ten kills hit a process that does nothing but change a storage directory, through the
// code of the camera; the rest a real one, over its sockets. Exit codes: 0 nothing lost, 1 something
// lost, 2 wrong usage.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

import { soakCamera } from './camera-soak.mjs'
import { soak } from './soak.mjs'

const { kills, seed } = readArguments()
const directory = mkdtempSync(join(tmpdir(), 'hksv-soak-'))
const cameras = Math.ceil(kills / 10)
const rows = []
try {
  rows.push([
    'storage',
    await soak({
      directory: join(directory, 'state'),
      kills: kills - cameras,
      seed,
      progress: show,
    }),
  ])
  process.stderr.write('\n')
  rows.push(['camera', await soakCamera({ directory, kills: cameras, seed, progress: show })])
  process.stderr.write('\n')
} finally {
  rmSync(directory, { recursive: true, force: true })
}
console.table(
  Object.fromEntries(
    rows.map(([name, { losses, slowestStartMs, ...result }]) => [
      name,
      { ...result, losses: losses.length, 'slowest start (ms)': Math.round(slowestStartMs) },
    ]),
  ),
)
const losses = rows.flatMap(([, result]) => result.losses)
for (const loss of losses) console.error(JSON.stringify(loss))
const identities = rows.reduce((sum, [, result]) => sum + result.identities, 0)
process.exitCode = losses.length + identities === 0 ? 0 : 1

function show({ kills: done, losses }) {
  if (!process.stderr.isTTY && done % 100 > 0) return
  process.stderr.write(`\r${done} kills, ${losses.length} losses`)
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        kills: { type: 'string', default: '1000' },
        seed: { type: 'string', default: '1' },
      },
    })
    for (const text of Object.values(values)) {
      if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error('--kills and --seed take numbers from 1 on')
    }
    return { kills: Number(values.kills), seed: Number(values.seed) }
  } catch (error) {
    console.error(`soak: ${error.message}`)
    process.exit(2)
  }
}
