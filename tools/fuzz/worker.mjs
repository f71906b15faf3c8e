// The loop of one target: mutate what was kept, run it, keep what lights a new branch.
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'

import { Coverage } from './coverage.mjs'
import { COUNTERS } from './instrument.mjs'
import { createMutator } from './mutate.mjs'
import { HEADER_BYTES, LENGTH, RUNS } from './supervise.mjs'

const { program, seeds, seconds, runs, seed, maxLength, isMinimizing, shared } = workerData
const header = new Int32Array(shared, 0, 2)
const memory = new Uint8Array(shared, HEADER_BYTES)

const { fuzz } = await import(pathToFileURL(program.path).href)
const counters = globalThis[COUNTERS][program.path]
const coverage = new Coverage(counters)
const corpus = [Buffer.alloc(0)]
const mutate = createMutator({ ...program, seed, maxLength, corpus })

parentPort.postMessage({ isReady: true })
const why = fuzzAll()
const { features, edges } = coverage
const minimal = why === undefined && isMinimizing ? smallest() : undefined
parentPort.postMessage({ why, features, edges, minimal })

/** @returns What is wrong with the input that is in the shared memory, or nothing. */
function fuzzAll() {
  for (const input of seeds) {
    const wrong = runOne(Buffer.from(input), false)
    if (wrong !== undefined) return wrong
  }
  const end = performance.now() + 1000 * seconds
  while (performance.now() < end) {
    for (let i = 0; i < 100; i++) {
      if (Atomics.load(header, RUNS) >= runs) return undefined
      const wrong = runOne(mutate(), true)
      if (wrong !== undefined) return wrong
    }
  }
  return undefined
}

function runOne(input, isNew) {
  memory.set(input)
  Atomics.store(header, LENGTH, input.length)
  try {
    fuzz(Buffer.from(input))
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : `thrown: ${error}`
  }
  Atomics.add(header, RUNS, 1)
  if (!coverage.take()) return undefined
  corpus.push(input)
  if (isNew) parentPort.postMessage({ kept: input })
  return undefined
}

/** @returns Inputs that reach all that was reached, without those that add nothing to shorter ones. */
function smallest() {
  const reached = new Coverage(counters, { isCounting: false })
  return corpus
    .toSorted((a, b) => a.length - b.length || Buffer.compare(a, b))
    .filter(input => {
      fuzz(Buffer.from(input))
      return reached.take()
    })
}
