import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { CameraProcess, hksv } from './run.ts'

let directory = ''
let storage = ''
let camera: CameraProcess | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-state-'))
  storage = join(directory, 'camera')
})

afterEach(async () => {
  await camera?.stop('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

function state(command: string, ...args: string[]) {
  return hksv(['state', command, ...args, '--storage', storage])
}

/** Starts the camera. @returns Its device id. */
async function startCamera(): Promise<string> {
  camera = new CameraProcess(['--storage', storage])
  const { id } = await camera.event('listening')
  return String(id)
}

test('a camera is backed up, lost, and back as the same one', async () => {
  const id = await startCamera()
  const running = await state('check')
  expect(running).toMatchObject({ code: 0 })
  expect(running.stdout).toContain(id)
  expect(running.stdout).toMatch(/A camera runs on it \(process \d+\)/)
  const backup = join(directory, 'backup.json')
  expect(await state('backup', '--out', backup)).toMatchObject({ code: 0, stdout: `${backup}\n` })
  expect(statSync(backup).mode & 0o777).toBe(0o600)
  const twice = await state('backup', '--out', backup)
  expect(twice).toMatchObject({ code: 1, stdout: '' })
  expect(twice.stderr).toContain('--force')
  expect(await state('backup', '--out', backup, '--force')).toMatchObject({ code: 0 })
  for (const args of [['restore', backup], ['restore'], ['reset', '--yes']]) {
    const [command = '', ...rest] = args
    const refused = await state(command, ...rest)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('is in use')
  }
  await camera?.stop()

  rmSync(storage, { recursive: true })
  expect(await state('restore', backup)).toMatchObject({ code: 0 })
  expect(await startCamera()).toBe(id)
  await camera?.stop()
})

test('a damaged file stops the start, and restore is the way back it names', async () => {
  const id = await startCamera()
  await camera?.stop()
  // Its second start leaves a generation before.
  await startCamera()
  await camera?.stop()
  const path = join(storage, 'database.json')
  writeFileSync(`${path}.previous`, readFileSync(path))
  writeFileSync(path, '{"format":1}')
  const start = await hksv(['camera', '--no-mdns', '--bind', '127.0.0.1', '--storage', storage])
  expect(start).toMatchObject({ code: 1 })
  const [, command = ''] = /(hksv state restore .*)\n/.exec(start.stderr) ?? []
  expect(command).toBe(`hksv state restore --storage ${storage}.`)
  const check = await state('check')
  expect(check).toMatchObject({ code: 1 })
  expect(check.stdout).toMatch(/^database\.json\s+damaged$/m)
  const restored = await hksv(command.replace(/\.$/, '').split(' ').slice(1))
  expect(restored).toMatchObject({ code: 0, stdout: 'Put back: database.json.\n' })
  expect(await startCamera()).toBe(id)
  await camera?.stop()
})

test('reset asks first, and keeps what was there', async () => {
  const id = await startCamera()
  await camera?.stop()
  expect(await state('reset')).toMatchObject({ code: 2, stdout: '' })
  const reset = await state('reset', '--yes', '--json')
  expect(reset).toMatchObject({ code: 0, records: [{ event: 'reset' }] })
  expect(existsSync(join(String(reset.records[0]?.['aside']), 'identity.json'))).toBe(true)
  expect(await startCamera()).not.toBe(id)
  await camera?.stop()
})

test.each([
  ['check', ['check'], 'There is no directory'],
  ['backup', ['backup'], 'There is no directory'],
  ['restore', ['restore'], 'There is no directory'],
  ['reset', ['reset', '--yes'], 'There is no directory'],
  ['a backup that is not there', ['restore', '/none.json'], 'There is no file /none.json'],
  ['a text as backup', ['restore', '/etc/passwd'], 'is no backup'],
])('%s of nothing is one clear sentence', async (_, args, sentence) => {
  const [command = '', ...rest] = args
  const refused = await state(command, ...rest)
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toContain(sentence)
  expect(refused.stderr.trim().split('\n')).toHaveLength(1)
  expect(existsSync(storage)).toBe(false)
})
