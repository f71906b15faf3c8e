import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { openStore } from '../../packages/accessory/dist/storage/store.js'
import { differences, modelOf } from './model.mjs'
import { generator } from './random.mjs'

/** Changes of the storage are a few milliseconds each: a kill falls into any of a dozen of them. */
const MAX_DELAY_US = 40_000
const SETUP_CODE = '031-45-154'

/**
 * Kills a process that writes to `directory` again and again, and compares what is left with what it
 * had said.
 *
 * @param options.kills How many times.
 * @param options.isLossy The process says what it has not done: then there have to be losses.
 * @returns Counts, and each loss with the round it was in.
 */
export async function soak({ directory, kills, seed, isLossy = false, progress = () => {} }) {
  const random = generator(seed)
  const result = {
    kills: 0,
    changes: 0,
    losses: [],
    identities: 0,
    slowestStartMs: 0,
    bytes: 0,
    files: 0,
  }
  let identity
  for (let round = 0; round < kills; round++) {
    const args = [directory, `${seed + round}`, ...(isLossy ? ['--lossy'] : [])]
    const { opened, acknowledged, begun, startMs, changes } = await killOnce(
      args,
      random(MAX_DELAY_US),
    )
    result.kills++
    result.changes += changes
    result.slowestStartMs = Math.max(result.slowestStartMs, startMs)
    const store = await openStore(directory)
    const found = await modelOf(store)
    await store.close()
    const lost = differences(found, acknowledged, begun)
    if (lost.length > 0)
      result.losses.push({ round, seed: seed + round, lost, found, acknowledged })
    if (identity !== undefined && identity !== found.identity) result.identities++
    identity = found.identity
    if (opened.pairings.length > 0) expectNoCode(directory, result, round)
    progress(result)
  }
  Object.assign(result, sizeOf(directory))
  return result
}

/** Starts the writer, lets it work for a while, and kills it. */
async function killOnce(args, delayUs) {
  const program = fileURLToPath(new URL('writer.mjs', import.meta.url))
  const startedAt = performance.now()
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = new Promise(resolve => child.on('close', (_code, signal) => resolve(signal)))
  let opened
  let acknowledged
  let begun
  let startMs = 0
  let changes = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, model } = JSON.parse(line)
    if (event === 'open') {
      startMs = performance.now() - startedAt
      opened = model
      acknowledged = model
      begun = model
      killAfter(child, delayUs)
    } else if (event === 'begin') begun = model
    else {
      acknowledged = model
      changes++
    }
  }
  if ((await closed) !== 'SIGKILL') throw new Error('the writer ended by itself')
  if (acknowledged === undefined) throw new Error('the writer was killed before it was open')
  return { opened, acknowledged, begun, startMs, changes }
}

/** Timers know milliseconds; the rest is spent waiting. */
function killAfter(child, delayUs) {
  const at = performance.now() + delayUs / 1000
  setTimeout(
    () => {
      while (performance.now() < at);
      child.kill('SIGKILL')
    },
    Math.floor(delayUs / 1000),
  )
}

/**
 * A writer that found a pairing when it opened the storage has left the setup code in no file. The
 * one that makes the first pairing may be killed before it removes the code: the next one does.
 */
function expectNoCode(directory, result, round) {
  for (const { name } of filesOf(directory)) {
    if (
      name.endsWith('.json') &&
      readFileSync(join(directory, name), 'utf8').includes(SETUP_CODE)
    ) {
      result.losses.push({ round, lost: [`the secrecy of the setup code, in ${name}`] })
    }
  }
}

function filesOf(directory) {
  return readdirSync(directory, { withFileTypes: true }).filter(entry => entry.isFile())
}

function sizeOf(directory) {
  const sizes = filesOf(directory).map(({ name }) => statSync(join(directory, name)).size)
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
}
