import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { afterEach, beforeEach, expect, test } from 'vitest'

const program = (name: string) =>
  fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url))

let directory = ''
let camera: ChildProcess | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-examples-'))
})

afterEach(() => {
  camera?.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

test('the example hub records the example camera', async () => {
  const child = spawn(process.execPath, [program('camera.mjs'), join(directory, 'camera')])
  camera = child
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { port, setupCode } = JSON.parse((await lines.next()).value ?? '{}')
  const clip = join(directory, 'clip.mp4')
  const arguments_ = ['127.0.0.1', String(port), String(setupCode), clip]
  const { stdout } = await promisify(execFile)(process.execPath, [
    program('record.mjs'),
    ...arguments_,
  ])
  expect(stdout).toMatch(/clip\.mp4: \d+ ms in \d fragments/)
  expect(statSync(clip).size).toBeGreaterThan(500_000)
  const events: string[] = []
  while (!events.includes('unpaired'))
    events.push(JSON.parse((await lines.next()).value ?? '{}').event)
  const recorded = ['recording-opened', 'recording-closed']
  expect(events).toEqual(['paired', 'armed', ...recorded, 'disarmed', 'unpaired'])
  const ended = new Promise(resolve => child.on('close', resolve))
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
}, 60_000)

test('the example test of a camera passes in node:test', async () => {
  const file = program('plugin-test/camera.node-test.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', file])
  expect(stdout).toMatch(/^. pass 1$/m)
}, 60_000)
