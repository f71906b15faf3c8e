// Fuzzes decoders and machines, guided by coverage: each target in a worker of its own, as many at
// once as there are processors.
//
// usage: node tools/fuzz/run.mjs [TARGET.fuzz.mjs ...] [--seconds 20 | --minutes N] [--runs N]
//                                [--seed 1] [--max-length 2048] [--stall-seconds 10]
//                                [--memory-mb 1024] [--jobs N] [--minimize] [--cache .cache/fuzz]
//
// A target exports `fuzz(bytes)`, which may throw for nothing but a fault. Without targets all of
// packages/*/fuzz/*.fuzz.mjs run: for --seconds each, or for --minutes all together, or until --runs
// inputs each. The first inputs are those of NAME.corpus beside the target and the `hex` of the
// package's rows under test-vectors/. What lights a new branch is kept in <cache>/<package>-<name>/
// for the next time; --minimize writes a few of them that reach the same to NAME.corpus.
// An input that throws, hangs or eats the memory is written to <cache>/<package>-<name>-crashes/ and
// printed: it belongs into test-vectors/.
// Exit codes: 0 nothing found, 1 something found, 2 wrong usage.
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { readCorpus, saveInput, seedsOf, writeCorpus } from './corpus.mjs'
import { instrument } from './instrument.mjs'
import { supervise } from './supervise.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const { options, targets } = readArguments()
const totals = { runs: 0, edges: 0, kept: 0, faults: 0 }
const waiting = [...targets]
console.log('target                          inputs   a second   seeds    kept   edges')
await Promise.all(Array.from({ length: options.jobs }, work))
row('all', totals.runs, '', '', totals.kept, totals.edges)
process.exitCode = totals.faults === 0 ? 0 : 1

async function work() {
  for (let target = waiting.shift(); target !== undefined; target = waiting.shift())
    await fuzzTarget(target)
}

async function fuzzTarget(target) {
  const packageFolder = dirname(dirname(target))
  const name = relative(dirname(packageFolder), target)
    .replace(/\.fuzz\.\w+$/, '')
    .replaceAll(/\/fuzz\/|\//g, '-')
  const folder = join(options.cache, name)
  const program = await instrument(target, `${folder}.mjs`)
  const corpus = target.replace(/\.fuzz\.\w+$/, '.corpus')
  const vectors = join(root, 'test-vectors', basename(packageFolder))
  const seeds = [...readCorpus(corpus), ...seedsOf([folder, vectors], options.maxLength)]
  const found = await supervise({ program, seeds, ...options }, input => saveInput(folder, input))
  const { runs, kept, edges, ms, minimal } = found
  row(name, runs, Math.round((1000 * runs) / Math.max(1, ms)), seeds.length, kept, edges)
  totals.runs += runs
  totals.kept += kept
  totals.edges += edges
  if (minimal !== undefined) writeCorpus(corpus, minimal)
  if (found.crash === undefined) return
  const { input, why } = found.crash
  totals.faults++
  console.error(`${name}: ${why}`)
  console.error(`input: ${Buffer.from(input).toString('hex')}`)
  console.error(`saved: ${saveInput(`${folder}-crashes`, input)}`)
}

function row(name, ...numbers) {
  const widths = [9, 11, 8, 8, 8]
  console.log(name.padEnd(29) + numbers.map((value, i) => `${value}`.padStart(widths[i])).join(''))
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: 'string' },
        minutes: { type: 'string' },
        runs: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
        seed: { type: 'string', default: '1' },
        'max-length': { type: 'string', default: '2048' },
        'stall-seconds': { type: 'string', default: '10' },
        'memory-mb': { type: 'string', default: '1024' },
        jobs: { type: 'string', default: String(availableParallelism()) },
        minimize: { type: 'boolean', default: false },
        cache: { type: 'string', default: join(root, '.cache/fuzz') },
      },
    })
    const missing = positionals.find(path => !existsSync(path))
    if (missing !== undefined) throw new RangeError(`there is no ${missing}`)
    const { seconds, minutes } = values
    if (seconds !== undefined && minutes !== undefined)
      throw new RangeError('either --seconds for each target or --minutes for all of them')
    const chosen = positionals.length > 0 ? positionals.map(path => resolve(path)) : allTargets()
    const jobs = Math.min(Math.ceil(number(values.jobs)), chosen.length)
    return {
      options: {
        seconds:
          minutes === undefined
            ? number(seconds ?? '20')
            : (60 * number(minutes)) / Math.ceil(chosen.length / jobs),
        runs: number(values.runs),
        seed: number(values.seed),
        maxLength: number(values['max-length']),
        stallSeconds: number(values['stall-seconds']),
        memoryMb: number(values['memory-mb']),
        jobs,
        isMinimizing: values.minimize,
        cache: resolve(values.cache),
      },
      targets: chosen,
    }
  } catch (error) {
    console.error(error.message)
    process.exit(2)
  }
}

function number(text) {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new RangeError(`${text} is no positive number`)
  return value
}

function allTargets() {
  return readdirSync(join(root, 'packages')).flatMap(name => {
    const folder = join(root, 'packages', name, 'fuzz')
    if (!existsSync(folder)) return []
    return readdirSync(folder)
      .filter(file => file.endsWith('.fuzz.mjs'))
      .map(file => join(folder, file))
  })
}
