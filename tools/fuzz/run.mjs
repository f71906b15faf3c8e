// Fuzzes decoders, guided by coverage: one target after the other, each in a worker of its own.
//
// usage: node tools/fuzz/run.mjs [TARGET.fuzz.mjs ...] [--seconds 20] [--runs N] [--seed 1]
//                                [--max-length 2048] [--stall-seconds 10] [--memory-mb 1024]
//                                [--cache .cache/fuzz]
//
// A target exports `fuzz(bytes)`, which may throw for nothing but a fault. Without targets all of
// packages/*/fuzz/*.fuzz.mjs run, for --seconds each or until --runs inputs. What lights a new
// branch is kept in <cache>/<package>-<name>/ for the next time; the first inputs are the `hex`
// of the package's rows under test-vectors/. An input that throws, hangs or eats the memory is
// written to <cache>/<package>-<name>-crashes/ and printed: it belongs into test-vectors/.
// Exit codes: 0 nothing found, 1 something found, 2 wrong usage.
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { saveInput, seedsOf } from './corpus.mjs'
import { instrument } from './instrument.mjs'
import { supervise } from './supervise.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const { options, targets } = readArguments()
let crashes = 0
for (const target of targets) crashes += await fuzzTarget(target)
process.exitCode = crashes === 0 ? 0 : 1

/** @returns How many faults it found: 0 or 1, as a target ends with its first. */
async function fuzzTarget(target) {
  const packageFolder = dirname(dirname(target))
  const name = relative(dirname(packageFolder), target)
    .replace(/\.fuzz\.\w+$/, '')
    .replaceAll(/\/fuzz\/|\//g, '-')
  const folder = join(options.cache, name)
  const program = await instrument(target, `${folder}.mjs`)
  const vectors = join(root, 'test-vectors', basename(packageFolder))
  const seeds = seedsOf([folder, vectors], options.maxLength)
  const found = await supervise({ program, seeds, ...options }, input => saveInput(folder, input))
  const { runs, kept, features, ms } = found
  const rate = Math.round((1000 * runs) / Math.max(1, ms))
  console.log(
    `${name}: ${runs} runs, ${rate} a second, ${seeds.length} seeds, ${kept} kept, ${features} features`,
  )
  if (found.crash === undefined) return 0
  const { input, why } = found.crash
  console.error(`${name}: ${why}`)
  console.error(`input: ${Buffer.from(input).toString('hex')}`)
  console.error(`saved: ${saveInput(`${folder}-crashes`, input)}`)
  return 1
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '20' },
        runs: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
        seed: { type: 'string', default: '1' },
        'max-length': { type: 'string', default: '2048' },
        'stall-seconds': { type: 'string', default: '10' },
        'memory-mb': { type: 'string', default: '1024' },
        cache: { type: 'string', default: join(root, '.cache/fuzz') },
      },
    })
    const missing = positionals.find(path => !existsSync(path))
    if (missing !== undefined) throw new RangeError(`there is no ${missing}`)
    return {
      options: {
        seconds: number(values.seconds),
        runs: number(values.runs),
        seed: number(values.seed),
        maxLength: number(values['max-length']),
        stallSeconds: number(values['stall-seconds']),
        memoryMb: number(values['memory-mb']),
        cache: resolve(values.cache),
      },
      targets: positionals.length > 0 ? positionals.map(path => resolve(path)) : allTargets(),
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
  return readdirSync(join(root, 'packages'))
    .flatMap(name => filesOf(join(root, 'packages', name, 'fuzz')))
    .filter(path => path.endsWith('.fuzz.mjs'))
}

function filesOf(folder) {
  try {
    return readdirSync(folder).map(name => join(folder, name))
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return []
  }
}
