// The plug-in recorded by a home hub, in vitest: npx vitest run examples/plugin-test
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { profiles } from '@hksv/hub'
import { startHub } from '@hksv/hub/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startPlugin } from './camera-plugin.mjs'

const setupCode = '031-45-154'
/** ffmpeg writes this into every file, and hubs do not mind. */
const ofFfmpeg = new Set(['audio-channels', 'next-track-id'])
let storage, plugin, hub, camera

beforeAll(async () => {
  storage = await mkdtemp(join(tmpdir(), 'plugin-test-'))
  plugin = await startPlugin({ storage, setupCode })
  hub = await startHub()
  camera = await hub.pair({ host: '127.0.0.1', port: plugin.port, code: setupCode })
  await camera.arm()
}, 30_000)

afterAll(async () => {
  await hub?.close()
  await plugin?.stop()
  await rm(storage, { recursive: true })
})

test('motion is reported', async () => {
  await camera.waitFor('motionDetected', true, { trigger: () => plugin.setMotion(true) })
  plugin.setMotion(false)
})

test('motion makes a clip in which nothing is wrong', async () => {
  const clip = await camera.record({
    trigger: () => plugin.setMotion(true),
    durationMs: 8000,
  })
  plugin.setMotion(false)
  expect(clip.findings.filter(({ rule }) => !ofFfmpeg.has(rule))).toEqual([])
  expect(clip.durationMs).toBeGreaterThanOrEqual(8000)
  for (const { durationMs } of clip.fragments) expect(durationMs).toBeLessThan(4100)
  expect(clip.times.firstFragmentMs).toBeLessThan(8000)
}, 30_000)

test.each(['slow-reader', 'two-hubs', 'closes-early', 're-selects', 'old-os'])(
  'a hub that is %s gets its clip',
  async name => {
    const clip = await camera.record({ profile: profiles[name] })
    expect(clip.durationMs).toBeGreaterThanOrEqual(8000)
  },
  30_000,
)

test.each(['close-mid-fragment', 'lost-hap', 'camera-off', 'pairing-removed'])(
  'the camera bears %s',
  async fault => {
    expect(await camera.inject(fault)).toMatchObject({ isHealthy: true })
  },
  30_000,
)
