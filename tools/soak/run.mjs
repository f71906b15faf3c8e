// Does to a camera what a home does to it for years: kills it while it writes, and lets everything go
// wrong between events.
//
// usage: node tools/soak/run.mjs [--minutes 5] [--hours N] [--kills 200] [--only events|kills] [--seed N]
//
// Kills: nine of ten hit a process that does nothing but change a storage directory, through the code of
// the camera; the rest a real one, over its sockets. Events: two hubs and a camera whose source is twenty
// times as fast as time; between any two events something goes wrong, and after it the next has to give
// a clip without a fault. At the end nothing may be left open, and no memory kept. Exit codes: 0 nothing
// lost and nothing leaked, 1 something, 2 wrong usage.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

import { soakCamera } from './camera-soak.mjs'
import { soakEvents } from './events-soak.mjs'
import { soak } from './soak.mjs'

const { kills, minutes, only, seed } = readArguments()
const directory = mkdtempSync(join(tmpdir(), 'hksv-soak-'))
console.log(`seed ${seed}`)
try {
  const results = []
  if (only !== 'kills') results.push(await soakWithEvents())
  if (only !== 'events') results.push(await soakWithKills())
  process.exitCode = results.every(isGood => isGood) ? 0 : 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function soakWithEvents() {
  const result = await soakEvents({
    directory: join(directory, 'events'),
    seed,
    minutes,
    progress: ({ events, failures }) =>
      show(events, `${events} events, ${failures.length} failures`),
  })
  process.stderr.write('\n')
  const { memory, handles, failures, isGood } = result
  console.log(`${result.events} events`)
  console.table({ clips: result.clips })
  console.table(Object.entries(result.faults).map(([fault, times]) => ({ fault, times })))
  console.table(Object.entries(result.endings).map(([ending, times]) => ({ ending, times })))
  console.table({
    'heap used': { 'MB/h': rounded(memory.heapUsed), leak: memory.heapUsed.isLeak },
    RSS: { 'MB/h': rounded(memory.rss), leak: memory.rss.isLeak },
  })
  console.log(
    `open at the end: ${handles.length === 0 ? 'as at the beginning' : handles.join(', ')}`,
  )
  console.log(`unhandled rejections ${result.unhandledRejections}, warnings ${result.warnings}`)
  for (const failure of failures) console.error(failure)
  return isGood
}

async function soakWithKills() {
  const cameras = Math.ceil(kills / 10)
  const progress = ({ kills: done, losses }) => show(done, `${done} kills, ${losses.length} losses`)
  const state = join(directory, 'state')
  const rows = {
    storage: await soak({ directory: state, kills: kills - cameras, seed, progress }),
    camera: await soakCamera({ directory, kills: cameras, seed, progress }),
  }
  process.stderr.write('\n')
  const shown = Object.entries(rows).map(([name, { losses, slowestStartMs, ...result }]) => {
    const start = Math.round(slowestStartMs)
    return [name, { ...result, losses: losses.length, 'slowest start (ms)': start }]
  })
  console.table(Object.fromEntries(shown))
  const losses = Object.values(rows).flatMap(result => result.losses)
  for (const loss of losses) console.error(JSON.stringify(loss))
  return losses.length + rows.storage.identities + rows.camera.identities === 0
}

function rounded({ megabytesAnHour, error }) {
  return `${megabytesAnHour.toFixed(1)} ± ${error.toFixed(1)}`
}

function show(done, text) {
  if (process.stderr.isTTY || done % 100 === 0) process.stderr.write(`\r${text}`)
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        kills: { type: 'string', default: '200' },
        minutes: { type: 'string', default: '5' },
        hours: { type: 'string', default: '0' },
        only: { type: 'string' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      },
    })
    const { only, ...numbers } = values
    if (only !== undefined && only !== 'events' && only !== 'kills') {
      throw new Error('--only takes events or kills')
    }
    for (const [name, text] of Object.entries(numbers)) {
      const isNumber = /^\d{1,7}$/.test(text) && (name === 'hours' || Number(text) > 0)
      if (!isNumber) throw new Error(`--${name} takes a whole number`)
    }
    const { kills, minutes, hours, seed } = numbers
    const all = Number(hours) > 0 ? Number(hours) * 60 : Number(minutes)
    return { kills: Number(kills), minutes: all, only, seed: Number(seed) }
  } catch (error) {
    console.error(`soak: ${error.message}`)
    process.exit(2)
  }
}
