import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { CameraProcess, hksv } from './run.ts'

let directory = ''
let cameras: CameraProcess[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-cli-'))
  cameras = []
})

afterEach(async () => {
  for (const camera of cameras) await camera.stop('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

function startCamera(storage: string, ...args: string[]): CameraProcess {
  const camera = new CameraProcess(['--storage', storage, ...args])
  cameras.push(camera)
  return camera
}

/** Runs a hub command on the store of this test. */
function hub(command: string, ...args: string[]) {
  return hksv(['hub', command, '--store', join(directory, 'hub'), ...args])
}

/** Pairs with the camera that said where it listens. @returns The code it was paired with. */
async function pair(camera: CameraProcess, code?: string): Promise<string> {
  const { port, setupCode } = await camera.event('listening')
  const used = code ?? String(setupCode)
  const where = ['--host', '127.0.0.1', '--port', String(port)]
  expect(await hub('pair', ...where, '--code', used)).toMatchObject({ code: 0 })
  await camera.event('paired')
  return used
}

test('a camera started twice is refused, and starts at once when the first was killed', async () => {
  const storage = join(directory, 'camera')
  const first = startCamera(storage)
  await first.event('listening')
  const args = ['camera', '--no-mdns', '--bind', '127.0.0.1', '--port', '0', '--storage', storage]
  const second = await hksv(args)
  expect(second).toMatchObject({ code: 1, stdout: '' })
  expect(second.stderr).toMatch(/is in use, .* process \d+ .*--storage/)
  await first.stop('SIGKILL')
  const third = startCamera(storage)
  const { setupCode } = await third.event('listening')
  // All of it: what is left of the killed one is gone, and the code is shown.
  await expect.poll(() => third.stderr).toContain(`Setup code: ${setupCode}`)
  expect(await third.stop()).toBe(0)
})

test('the code is not repeated while somebody is paired, and shown again afterwards', async () => {
  const storage = join(directory, 'camera')
  const camera = startCamera(storage)
  const code = await pair(camera)
  expect(camera.stderr.match(new RegExp(code, 'g'))).toHaveLength(1)
  expect(await hub('unpair')).toMatchObject({ code: 0 })
  const unpaired = await camera.event('unpaired')
  expect(unpaired).toMatchObject({ controllers: 0, setupCode: code })
  await pair(camera, code)
  await camera.stop()
  const again = startCamera(storage)
  const { setupCode } = await again.event('listening')
  expect(setupCode).toBeUndefined()
  expect(again.stderr).not.toContain(code)
  await hub('unpair')
  const { setupCode: next } = await again.event('unpaired')
  expect(next).toMatch(/^\d{3}-\d{2}-\d{3}$/)
  expect(next).not.toBe(code)
})

/** A disk of 256 KiB, where this process may mount one. */
function smallDisk(): string | undefined {
  const path = join(directory, 'disk')
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path], { stdio: 'ignore' })
    return path
  } catch {
    return undefined
  }
}

test('a full disk: the camera runs on, refuses changes, says so once, and recovers', async context => {
  const disk = smallDisk()
  if (disk === undefined) return context.skip('no tmpfs can be mounted here')
  try {
    const camera = startCamera(join(disk, 'camera'))
    await pair(camera)
    const full = join(disk, 'full')
    for (const size of [65_536, 4096]) fill(full, size)
    for (const _ of [1, 2]) expect(await hub('arm')).toMatchObject({ code: 1 })
    expect(await hub('info')).toMatchObject({ code: 0 })
    expect(camera.stderr.match(/the disk is full/g)).toHaveLength(1)
    rmSync(full)
    expect(await hub('arm')).toMatchObject({ code: 0 })
    expect(await camera.stop()).toBe(0)
    const again = startCamera(join(disk, 'camera'))
    await again.event('listening')
    expect(await hub('info')).toMatchObject({ code: 0 })
  } finally {
    for (const camera of cameras) await camera.stop('SIGKILL')
    execFileSync('umount', [disk])
  }
})

/** Writes until nothing of this size fits any more. */
function fill(path: string, size: number): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}
