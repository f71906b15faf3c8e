// A camera of @hksv/accessory in node:test: node --test examples/plugin-test/camera.node-test.mjs
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { startCamera } from '@hksv/accessory'
import { startHub } from '@hksv/hub/testing'
import { openSource } from '@hksv/media'
import { pino } from 'pino'

test('the camera records what moves', async t => {
  const storage = await mkdtemp(join(tmpdir(), 'camera-test-'))
  const source = await openSource('sample')
  const camera = await startCamera({
    name: 'Example',
    source,
    storage,
    host: '127.0.0.1',
    mdns: false,
    log: pino({ level: 'silent' }),
  })
  const hub = await startHub()
  t.after(async () => {
    await hub.close()
    await camera.close()
    await source[Symbol.asyncDispose]()
    await rm(storage, { recursive: true })
  })
  const { port, setupCode } = camera.info
  const paired = await hub.pair({ host: '127.0.0.1', port, code: setupCode })
  await paired.arm()
  const clip = await paired.record({ trigger: () => camera.raiseMotion(1000), durationMs: 4000 })
  assert.equal(clip.endedBy, 'hub')
  assert.ok(clip.durationMs >= 4000, `${clip.durationMs} ms`)
})
