import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'

import type { CameraEvent } from '@hksv/accessory'
import { AccessoryClient, characteristicOf, LiveMovie, LiveView } from '@hksv/hub'
import { expect, onTestFinished, test } from 'vitest'

import { FaultyCamera } from './conform/faulty-camera.ts'
import { scratch } from './conform/scene.ts'
import { type Fate, LossyPath } from './support/lossy-path.ts'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

/** Numbers from 0 to 1, the same in each run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Our camera, and a hub at the other end of a bad way. */
async function stage(fate: Fate) {
  const events: CameraEvent[] = []
  const said: string[] = []
  const log = {
    ...{ debug: () => undefined, warn: () => undefined, error: () => undefined },
    info: (...words: unknown[]) => said.push(String(words.at(-1))),
  }
  const onEvent = (event: CameraEvent) => events.push(event)
  const camera = await FaultyCamera.start({ speed: 1, onEvent, log })
  const path = await LossyPath.open(fate)
  onTestFinished(() => path.close())
  const client = await AccessoryClient.connect(await camera.pairedStore())
  onTestFinished(() => client.close())
  const service = client.database.service('cameraRtpStreamManagement')
  camera.faults = path.faults(characteristicOf(service, 'setupEndpoints').iid)
  const stopped = () => events.find(each => each.event === 'stream-stopped')
  return { client, path, said, stopped }
}

test('packets that are lost, late or doubled damage no picture that is delivered', async () => {
  const next = random(7)
  const { client, path, stopped } = await stage(() => {
    const chance = next()
    if (chance < 0.003) return { copies: 0, delay: 0 }
    if (chance < 0.02) return { copies: 2, delay: 0 }
    return { copies: 1, delay: chance < 0.1 ? 2 : 0 }
  })
  const file = join(scratch(), 'live.mp4')
  const view = await LiveView.open(client, { audio: false })
  const movie = await LiveMovie.create(file, view.choice)
  let count = 0
  for await (const sample of view) {
    await movie.write(sample)
    if (++count >= 30 && path.lost > 0) break
  }
  expect(await movie.finish()).toBe(true)
  expect(path.lost).toBeGreaterThan(0)
  const { video } = view.report()
  expect(video.lost).toBeGreaterThan(0)
  await expect.poll(stopped).toMatchObject({ viewer: { lostPackets: expect.any(Number) } })
  if (!hasFfmpeg) return
  const args = ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-']
  expect(spawnSync('ffmpeg', args, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
}, 60_000)

test('a viewer that asked for little, and loses much, gets key frames alone', async () => {
  const next = random(9)
  let loss = 0.3
  const { client, said, stopped } = await stage(() => ({ copies: next() < loss ? 0 : 1, delay: 0 }))
  const view = await LiveView.open(client, { audio: false, bitRateKbps: 50 })
  await expect
    .poll(() => said, { timeout: 15_000 })
    .toContainEqual(expect.stringContaining('only key frames are sent'))
  loss = 0
  // What was on its way is over with the first key frame.
  const seen: boolean[] = []
  for await (const sample of view) {
    if (sample.track !== 'video') continue
    if (sample.isSync || seen.length > 0) seen.push(sample.isSync)
    if (seen.length === 3) break
  }
  expect(seen).toEqual([true, true, true])
  await expect.poll(stopped).toMatchObject({ thinnings: 1 })
}, 60_000)
