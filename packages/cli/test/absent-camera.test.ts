import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { AbsentCamera } from './absent-camera.ts'
import { CameraProcess, hksv } from './run.ts'

const directory = mkdtempSync(join(tmpdir(), 'hksv-absent-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const storageOf = (name: string) => join(directory, name)

test('a camera that is away is waited for, and the wait can be ended', async () => {
  await using camera = await AbsentCamera.reserve()
  const storage = storageOf('first')
  const args = ['--storage', storage, '--source', camera.url]
  const stopped = new CameraProcess(args)
  await stopped.said('It is tried again until it is there')
  expect(await stopped.stop('SIGINT')).toBe(0)
  expect(stopped.events).toEqual([])
  expect(stopped.stderr).not.toContain('secret')
  expect(() => statSync(storage)).toThrow()
  // It comes while it is waited for.
  const waiting = new CameraProcess(args)
  await waiting.said('It is tried again until it is there')
  await camera.appear()
  await waiting.event('listening')
  expect(await waiting.stop()).toBe(0)
  const kept = join(storage, 'source.json')
  expect(statSync(kept).mode & 0o777).toBe(0o600)
  expect(readFileSync(kept, 'utf8')).not.toContain('secret')
})

test('a camera that is known goes on being what it was while it is away', async () => {
  await using camera = await AbsentCamera.reserve()
  await camera.appear()
  const storage = storageOf('known')
  const args = ['--storage', storage, '--source', camera.url]
  const first = new CameraProcess(args)
  const { id } = await first.event('listening')
  await first.stop()
  await camera.vanish()
  const second = new CameraProcess(args)
  const listening = await second.event('listening')
  expect(listening['id']).toBe(id)
  expect(second.stderr).toContain('It is taken for what it was the last time')
  const state = await fetch(`${listening['controlUrl']}/state`)
  expect(await state.json()).toMatchObject({ source: { isWell: false, packets: 0 } })
  expect(await second.stop()).toBe(0)
  // What was kept is worth nothing any more, and the camera is there.
  writeFileSync(join(storage, 'source.json'), '{"format":1,"cameras":7}')
  await camera.appear()
  const third = new CameraProcess(args)
  expect((await third.event('listening'))['id']).toBe(id)
  await third.stop()
})

test('a camera that refuses us is an error at the first start, with what to do', async () => {
  await using camera = await AbsentCamera.reserve()
  for (const [status, says] of [
    [401, /does not let us in.*user and password/],
    [404, /refuses this stream \(404 Not Found to DESCRIBE\).*check the path/],
  ] as const) {
    await camera.appear(status)
    const args = ['camera', '--no-mdns', '--storage', storageOf('refused'), '--source', camera.url]
    const { code, stderr } = await hksv(args)
    expect([code, stderr]).toEqual([1, expect.stringMatching(says)])
    expect(stderr).not.toContain('secret')
    await camera.vanish()
  }
})
