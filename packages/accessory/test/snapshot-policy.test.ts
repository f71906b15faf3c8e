import { describe, expect, test } from 'vitest'

import { defaultSettings } from '../src/camera/camera-settings.ts'
import { refuseSnapshot } from '../src/camera/snapshot-policy.ts'
import { Mailbox, parse } from './client.ts'
import { withSnapshot } from './support/camera.ts'
import { put, ready } from './support/requests.ts'
import { pass, virtualTime } from './support/virtual-hub.ts'

const standard = defaultSettings(2)

describe('reasons to refuse a picture', () => {
  const noEvents = { areEventSnapshotsActive: false }
  const noPeriodic = { arePeriodicSnapshotsActive: false }
  const neither = { ...noEvents, ...noPeriodic }
  // Columns: without a reason, periodic (0), event (1).
  test.each([
    ['everything on', {}, [undefined, undefined, undefined]],
    ['one stream off', { isStreamingActive: [false, true] }, [undefined, undefined, undefined]],
    ['every stream off', { isStreamingActive: [false, false] }, [-70412, -70412, -70412]],
    ['the camera off', { isCameraActive: false }, [-70412, -70412, -70412]],
    [
      'the camera and snapshots off',
      { isCameraActive: false, ...neither },
      [-70412, -70412, -70412],
    ],
    ['no event snapshots', noEvents, [-70401, undefined, -70412]],
    ['no periodic snapshots', noPeriodic, [-70401, -70412, undefined]],
    ['no snapshots', neither, [-70401, -70412, -70412]],
  ])('%s', (_, settings, [none, periodic, event]) => {
    const all = { ...standard, ...settings }
    expect(refuseSnapshot(all, undefined)).toBe(none)
    expect(refuseSnapshot(all, 0)).toBe(periodic)
    expect(refuseSnapshot(all, 1)).toBe(event)
  })
})

describe('POST /resource', () => {
  const image = { 'resource-type': 'image', 'image-width': 640, 'image-height': 360 }

  test('a picture, or the status in 207', async () => {
    const { client, iid } = await ready()
    for (const body of [image, { ...image, aid: 1, reason: 1 }, { 'resource-type': 'image' }]) {
      const { status, headers, body: picture } = await client.request('POST', '/resource', body)
      expect(status).toBe(200)
      expect(headers.get('content-type')).toBe('image/jpeg')
      expect([...picture.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
    }
    await put(client, [{ iid: iid('cameraOperatingMode', 'homeKitCameraActive'), value: 0 }])
    const refused = await client.request('POST', '/resource', image)
    expect([refused.status, parse(refused.body)]).toEqual([207, { status: -70412 }])
  })

  test('the status of a source that fails', async () => {
    const wrap = withSnapshot(() => Promise.reject(new Error('unplugged')))
    const { client } = await ready({ wrap })
    const failed = await client.request('POST', '/resource', image)
    expect([failed.status, parse(failed.body)]).toEqual([207, { status: -70402 }])
  })

  test('the status of a source that is too slow', async () => {
    const asked = new Mailbox<true>()
    const wrap = withSnapshot((_size, signal) => {
      asked.push(true)
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    })
    const { client } = await ready({ wrap })
    virtualTime()
    const answer = client.request('POST', '/resource', image)
    await asked.next()
    await pass(5000)
    const slow = await answer
    expect([slow.status, parse(slow.body)]).toEqual([207, { status: -70408 }])
  })

  test.each([
    [404, { status: -70409 }, { ...image, 'resource-type': 'movie' }],
    [404, { status: -70409 }, { ...image, aid: 2 }],
    [400, undefined, { ...image, reason: 'motion' }],
    [400, undefined, 'image'],
    [400, undefined, ''],
  ])('%i for what is not asked for rightly', async (status, body, request) => {
    const { client } = await ready()
    const answer = await client.request('POST', '/resource', request)
    expect([answer.status, parse(answer.body)]).toEqual([status, body])
  })
})
