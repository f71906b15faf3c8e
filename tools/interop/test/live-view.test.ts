import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { explain } from '@hksv/accessory'
import { readMovie } from '@hksv/fmp4'
import { characteristicOf, LiveMovie, LiveView } from '@hksv/hub'
import { expect, test } from 'vitest'

import { following, hash, must, pictures, sampleHashes, stage } from './support/live-stage.ts'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

test.each(['127.0.0.1', '::1'])('what is seen over %s is what the source has', async host => {
  const { client, camera, events } = await stage({ host })
  const view = await LiveView.open(client)
  const seen = await pictures(view, 45)
  expect(seen).toEqual(following(await sampleHashes(), seen[0], 45))
  expect(view.end).toEqual({ by: 'hub', reason: 'closed' })
  const { video, isGood } = view.report()
  expect(video).toMatchObject({ lost: 0, dropped: 0 })
  expect(video.senderReports).toBeGreaterThan(0)
  expect(isGood).toBe(true)
  expect(must(view)).toEqual([])
  expect(camera.state.viewers).toEqual([])
  const stopped = events.find(({ event }) => event === 'stream-stopped')
  expect(stopped).toMatchObject({
    reason: 'controller',
    firstPacketMs: expect.any(Number),
    viewer: { lostPackets: 0, jitterMs: expect.any(Number), roundTripMs: expect.any(Number) },
  })
  // What was sent after the last picture that was taken is counted too.
  expect(stopped).toHaveProperty(
    'packets',
    expect.toSatisfy(count => count >= video.packets),
  )
  // It is in the records, in plain words.
  const [record] = camera.records.filter(({ trigger }) => trigger.kind === 'live')
  expect(record).toMatchObject({ outcome: 'watched', live: { width: 1920, lostPackets: 0 } })
  expect(record && explain(record)[0]).toMatch(/ looked for \d\.\d s; the viewer ended it\.$/)
  // And again, with the same connection.
  const again = await LiveView.open(client, { width: 320, height: 180 })
  expect(again.choice.video).toMatchObject({ width: 320, height: 180, frameRate: 30 })
  expect(await pictures(again, 5)).toHaveLength(5)
})

test('two look at once, a third is told why not, and has the place of who leaves', async () => {
  const { client, connect } = await stage()
  const [one, two, three] = [client, await connect(), await connect()]
  const first = await LiveView.open(one)
  const second = await LiveView.open(two)
  await expect(LiveView.open(three)).rejects.toMatchObject({ code: 'HUB_LIVE_BUSY' })
  const [a, b] = await Promise.all([pictures(first, 20), pictures(second, 20)])
  const all = await sampleHashes()
  expect(a).toEqual(following(all, a[0], 20))
  expect(b).toEqual(following(all, b[0], 20))
  const third = await LiveView.open(three)
  expect(await pictures(third, 3)).toHaveLength(3)
})

test('a view is reconfigured, suspended and resumed', async () => {
  const { client } = await stage()
  await using view = await LiveView.open(client)
  const samples = view[Symbol.asyncIterator]()
  const seen = async (count: number) => {
    for (let left = count; left > 0; ) {
      const { value } = await samples.next()
      if (value === undefined) throw new Error('the view has ended')
      if (value.track === 'video') left--
    }
  }
  await seen(5)
  await view.reconfigure({ width: 640, height: 360, bitRateKbps: 300 })
  expect(view.choice.video).toMatchObject({ width: 640, height: 360, bitRateKbps: 300 })
  await seen(5)
  await view.suspend()
  await view.resume()
  view.requestKeyFrame()
  await seen(40)
  expect(must(view)).toEqual([])
  expect(view.end).toBeUndefined()
})

test('a camera that is switched off in the middle ends the view', async () => {
  const { client, connect } = await stage()
  const other = await connect()
  const mode = other.database.service('cameraOperatingMode')
  const view = await LiveView.open(client)
  let count = 0
  for await (const { track } of view) {
    if (track === 'video' && ++count === 10)
      await other.write(characteristicOf(mode, 'homeKitCameraActive'), 0)
  }
  expect(view.end).toEqual({ by: 'camera', reason: 'goodbye' })
  await expect(LiveView.open(client)).rejects.toMatchObject({ code: 'HUB_LIVE_REFUSED' })
  await other.write(characteristicOf(mode, 'homeKitCameraActive'), 1)
  expect(await pictures(await LiveView.open(client), 3)).toHaveLength(3)
})

test('a protection that the camera does not offer is refused in one sentence', async () => {
  const { client } = await stage()
  await expect(LiveView.open(client, { srtp: 'AES_256_CM_HMAC_SHA1_80' })).rejects.toMatchObject({
    code: 'HUB_LIVE_REFUSED',
    message: expect.stringContaining('it offers AES_CM_128_HMAC_SHA1_80'),
  })
})

test('the file has the pictures of the source, and decodes without a word', async () => {
  const { client, directory } = await stage()
  const path = join(directory, 'live.mp4')
  const view = await LiveView.open(client)
  const movie = await LiveMovie.create(path, view.choice)
  const seen: string[] = []
  for await (const sample of view) {
    await movie.write(sample)
    if (sample.track === 'video') seen.push(hash(sample.data))
    // Sound begins when its encoder has started.
    const { audio } = view.report()
    if (seen.length >= 60 && (!hasFfmpeg || (audio?.packets ?? 0) > 50)) break
  }
  expect(await movie.finish()).toBe(true)
  const bytes = new Uint8Array(readFileSync(path))
  const { tracks } = readMovie(bytes)
  const track = tracks.find(({ kind }) => kind === 'video')
  const { offsets = [], sizes = [] } = track?.samples ?? {}
  const written = [...offsets].map((at, i) => hash(bytes.subarray(at, at + (sizes[i] ?? 0))))
  expect(written).toEqual(seen)
  expect(tracks.map(({ codec }) => codec)).toEqual(hasFfmpeg ? ['avc1', 'Opus'] : ['avc1'])
  if (!hasFfmpeg) return
  const args = ['-v', 'warning', '-xerror', '-i', path, '-f', 'null', '-']
  expect(spawnSync('ffmpeg', args, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
}, 30_000)
