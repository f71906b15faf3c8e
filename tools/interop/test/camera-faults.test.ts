import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { startCamera } from '@hksv/accessory'
import { profiles } from '@hksv/hub'
import { faults, startHub } from '@hksv/hub/testing'
import { openSource } from '@hksv/media'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'

import { fast } from './support/fast-clock.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const directory = mkdtempSync(join(tmpdir(), 'hksv-faults-'))

type Source = Awaited<ReturnType<typeof openSource>>
let source: Source
let camera: Awaited<ReturnType<typeof startCamera>>
let hub: Awaited<ReturnType<typeof startHub>>
let paired: Awaited<ReturnType<typeof hub.pair>>

beforeAll(async () => {
  source = await openSource('sample', { clock: fast })
  const where = { host: '127.0.0.1', mdns: false, log: silent }
  const storage = join(directory, 'camera')
  camera = await startCamera({ name: 'Porch', ...where, storage, source })
  hub = await startHub()
  const { port, setupCode = '' } = camera.info
  paired = await hub.pair({ host: '127.0.0.1', port, code: setupCode })
  await paired.arm()
})

afterAll(async () => {
  await hub?.close()
  await camera?.close()
  await source?.[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

/** Sockets and servers of this process, both ends of them. */
function handles(): number {
  const kinds = new Set(['TCPSocketWrap', 'TCPServerWrap'])
  return process.getActiveResourcesInfo().filter(kind => kinds.has(kind)).length
}

/** Lets ten seconds pass as soon as nothing else is left to do. */
async function hurry<T>(work: Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  while (!isDone) {
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    await vi.advanceTimersByTimeAsync(20)
  }
  return done
}

describe('a camera bears', () => {
  test.each(faults)('a hub that $does', async fault => {
    const before = handles()
    const injected = paired.inject(fault)
    const isSlow = fault.name === 'no-hello'
    expect(await (isSlow ? hurry(injected) : injected)).toMatchObject({ isHealthy: true })
    const pairings = await paired.client.listPairings()
    expect(pairings.map(({ identifier }) => identifier)).toEqual([hub.store.identity.identifier])
    vi.useRealTimers()
    await expect.poll(handles).toBe(before)
  })
})

describe('a camera serves', () => {
  test.each(Object.values(profiles))('a hub that $does', async profile => {
    const before = handles()
    await paired.arm()
    const quickly = profile.pauseMs === undefined ? profile : { ...profile, pauseMs: 100 }
    const clip = await paired.record({ durationMs: 8000, profile: quickly })
    // Armed a moment ago it may have no whole fragment yet.
    const wrong = clip.findings.filter(({ rule }) => rule !== 'fragment-duration')
    expect(wrong).toEqual([])
    expect(await paired.client.listPairings()).toHaveLength(1)
    await expect.poll(handles).toBe(before)
  })
})

test('each fault has a name of its own, and nothing is left out', () => {
  const names = faults.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { does, expects, source: from } of faults) {
    expect([does, expects, from].every(text => text.length > 5)).toBe(true)
  }
})
