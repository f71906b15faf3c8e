// Measures what people compare cameras by: against hap-nodejs, and against the least it can cost.
//
// usage: node tools/bench/run.mjs [NAME ...] [--runs 3] [--quick] [--json] [--profile DIR]
//
// Names: those of the files in measures/; all unless given. A run puts its rows into docs/benchmarks.md,
// unless it is quick or profiled. Every accessory runs in a process of its own, whose CPU time
// is what counts; the runs of both sides alternate, and the table shows their medians. `--quick` runs
// each once, which shows the order of magnitude. `--profile` writes profiles of CPU and allocation of
// each measured stretch, numbered in their order; numbers measured with it are not worth keeping. Exit
// codes: 0 measured, 1 it failed, 2 wrong usage. docs/benchmarks.md tells what is inside each number.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { withResults } from './document.mjs'
import { accessories } from './measures/accessories.mjs'
import { busyRead } from './measures/busy-read.mjs'
import { descriptors } from './measures/descriptors.mjs'
import { event } from './measures/event.mjs'
import { fragmenter } from './measures/fragmenter.mjs'
import { hub } from './measures/hub.mjs'
import { install } from './measures/install.mjs'
import { live } from './measures/live.mjs'
import { manyCameras } from './measures/many-cameras.mjs'
import { memory } from './measures/memory.mjs'
import { openToInit } from './measures/open-to-init.mjs'
import { pairSetup } from './measures/pair-setup.mjs'
import { pairVerify } from './measures/pair-verify.mjs'
import { read } from './measures/read.mjs'
import { recording } from './measures/recording.mjs'
import { remux } from './measures/remux.mjs'
import { rtspCameras } from './measures/rtsp-cameras.mjs'
import { sessions } from './measures/sessions.mjs'
import { slowHub } from './measures/slow-hub.mjs'
import { srtp } from './measures/srtp.mjs'
import { start } from './measures/start.mjs'
import { vault } from './measures/vault.mjs'
import { write } from './measures/write.mjs'
import { judge, table } from './report.mjs'
import { Subject } from './subject.mjs'

const measures = [
  pairSetup,
  pairVerify,
  accessories,
  read,
  write,
  event,
  sessions,
  descriptors,
  memory,
  manyCameras,
  start,
  install,
  recording,
  busyRead,
  slowHub,
  openToInit,
  fragmenter,
  remux,
  srtp,
  live,
  hub,
  vault,
  rtspCameras,
]
const names = measures.map(({ name }) => name)

const { runs, only, isQuick, isJson, profile } = readArguments()
if (profile !== undefined) await mkdir(profile, { recursive: true })
Subject.profileDirectory = profile
const results = []
for (const measure of measures.filter(({ name }) => only.includes(name))) {
  const { name, platforms = [process.platform] } = measure
  if (platforms.includes(process.platform)) results.push(...(await run(measure)))
  else process.stderr.write(`${name} is measured on ${platforms.join(', ')} only\n`)
}
const machine = {
  node: process.version,
  cpu: `${cpus()[0]?.model.trim()}, ${cpus().length} cores`,
  hapNodejs: createRequire(import.meta.url)('hap-nodejs/package.json').version,
  runs,
}
if (isJson) console.log(JSON.stringify({ ...machine, results }, null, 2))
else {
  const { node, cpu, hapNodejs } = machine
  console.log(`Node ${node}, ${cpu}; hap-nodejs ${hapNodejs}; medians of ${runs} runs each\n`)
  console.log(table(results))
}

if (!isQuick && profile === undefined) await keep()

/** In the document, with the day and the machine. */
async function keep() {
  const path = new URL('../../docs/benchmarks.md', import.meta.url)
  const day = new Date().toISOString().slice(0, 10)
  const measured = `${day}, ${machine.cpu}, Node ${machine.node.slice(1)}, ${runs} runs`
  await writeFile(path, withResults(await readFile(path, 'utf8'), results, measured))
  process.stderr.write('The rows are in docs/benchmarks.md now.\n')
}

/** @returns A result for each row of the measure. */
async function run({ name, prepare, rows, isExact = false }) {
  process.stderr.write(`${name} `)
  const prepared = await prepare()
  const samples = []
  try {
    // What is counted is the same every time.
    for (let i = 0; i < (isExact ? 1 : runs); i++) {
      samples.push(await prepared.run())
      process.stderr.write('.')
    }
  } finally {
    await prepared.stop()
    process.stderr.write('\n')
  }
  return rows.map(({ key, ...row }) =>
    judge(row, {
      ours: samples.map(sample => sample[key].ours),
      theirs: samples.map(sample => sample[key].theirs),
    }),
  )
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: 'string' },
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        profile: { type: 'string' },
      },
    })
    const { runs = values.quick ? '1' : '3' } = values
    if (!/^[1-9]\d*$/.test(runs)) throw new Error('--runs takes a number from 1 on')
    const wanted = [...positionals, ...values.only]
    const unknown = wanted.find(name => !names.includes(name))
    if (unknown !== undefined) {
      throw new Error(`there is no measurement ${unknown}; there are ${names.join(', ')}`)
    }
    const { quick: isQuick, json: isJson, profile } = values
    const only = wanted.length > 0 ? wanted : names
    return { runs: Number(runs), only, isQuick, isJson, profile }
  } catch (error) {
    console.error(`bench: ${error.message}`)
    process.exit(2)
  }
}
