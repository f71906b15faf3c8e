import { expect, test } from 'vitest'

import { encodeRequest, Mailbox } from './client.ts'
import { withSnapshot } from './support/camera.ts'
import { done, get, put, ready } from './support/requests.ts'
import { pass, virtualTime } from './support/virtual-hub.ts'

const event = (iid: number, value: unknown) => ({ characteristics: [{ aid: 1, iid, value }] })

test('go to the others, and not to the writer', async () => {
  const { client, iid, port, admin, camera } = await ready()
  const other = await admin.connect(port)
  const night = iid('cameraOperatingMode', 'nightVision')
  const motion = iid('motionSensor', 'motionDetected')
  for (const one of [client, other]) {
    expect(
      await put(
        one,
        [night, motion].map(id => ({ iid: id, ev: true })),
      ),
    ).toEqual(done)
  }
  expect(await put(client, [{ iid: night, value: false }])).toEqual(done)
  expect(await other.event()).toEqual(event(night, false))
  camera.raiseMotion(60_000)
  expect(await client.event()).toEqual(event(motion, true))
  expect(await other.event()).toEqual(event(motion, true))
})

test('end with the subscription, and with the connection', async () => {
  const { client, iid, port, admin, camera } = await ready({ isDoorbell: true })
  const motion = iid('motionSensor', 'motionDetected')
  const button = iid('doorbell', 'programmableSwitchEvent')
  await put(
    client,
    [motion, button].map(id => ({ iid: id, ev: true })),
  )
  await put(client, [{ iid: motion, ev: false }])
  camera.ringDoorbell()
  camera.ringDoorbell()
  expect(await client.event()).toEqual(event(button, 0))
  expect(await client.event()).toEqual(event(button, 0))
  const other = await admin.connect(port)
  const { body } = await get(other, `id=1.${button}&ev=1`)
  expect(body).toMatchObject({ characteristics: [{ ev: false }] })
})

test('never stand between a request and its answer', async () => {
  const asked = new Mailbox<true>()
  const pictures = new Mailbox<Uint8Array>()
  const wrap = withSnapshot(() => {
    asked.push(true)
    return pictures.next()
  })
  const { client, iid, camera, port, admin } = await ready({ wrap })
  const other = await admin.connect(port)
  const motion = iid('motionSensor', 'motionDetected')
  for (const one of [client, other]) await put(one, [{ iid: motion, ev: true }])
  const before = client.order.length
  const answer = client.request('POST', '/resource', { 'resource-type': 'image' })
  await asked.next()
  camera.raiseMotion(60_000)
  expect(await other.event()).toEqual(event(motion, true))
  pictures.push(Uint8Array.of(0xff, 0xd8))
  expect((await answer).status).toBe(200)
  expect(await client.event()).toEqual(event(motion, true))
  expect(client.order.slice(before)).toEqual(['response', 'event'])
})

test('never stand inside a request that is still coming', async () => {
  const { client, iid, camera, port, admin } = await ready()
  const other = await admin.connect(port)
  const motion = iid('motionSensor', 'motionDetected')
  for (const one of [client, other]) await put(one, [{ iid: motion, ev: true }])
  const before = client.order.length
  const request = encodeRequest('GET', `/characteristics?id=1.${motion}`)
  client.write(request.subarray(0, 10))
  // An answer to the other: what the first has sent has come as well.
  await client.reached()
  await get(other, `id=1.${motion}`)
  camera.raiseMotion(60_000)
  expect(await other.event()).toEqual(event(motion, true))
  client.write(request.subarray(10))
  expect((await client.answer()).status).toBe(200)
  expect(await client.event()).toEqual(event(motion, true))
  expect(client.order.slice(before)).toEqual(['response', 'event'])
})

test('of changes come once a second, the first at once', async () => {
  virtualTime()
  const { client, iid, port, admin } = await ready()
  const other = await admin.connect(port)
  const night = iid('cameraOperatingMode', 'nightVision')
  await put(other, [{ iid: night, ev: true }])
  for (const value of [false, true, false]) await put(client, [{ iid: night, value }])
  expect(await other.event()).toEqual(event(night, false))
  await put(client, [{ iid: night, value: true }])
  await pass(999)
  expect(other.order.at(-1)).toBe('event')
  const count = other.order.length
  await pass(1)
  expect(await other.event()).toEqual(event(night, true))
  expect(other.order).toHaveLength(count + 1)
})

test('tell of motion that ends because the camera was switched off', async () => {
  const { client, iid, camera } = await ready()
  const motion = iid('motionSensor', 'motionDetected')
  const sensor = iid('motionSensor', 'statusActive')
  const active = iid('cameraOperatingMode', 'homeKitCameraActive')
  await put(
    client,
    [motion].map(id => ({ iid: id, ev: true })),
  )
  camera.raiseMotion(60_000)
  expect(await client.event()).toEqual(event(motion, true))
  expect(await put(client, [{ iid: active, value: 0 }])).toEqual(done)
  expect(await client.event()).toEqual(event(motion, false))
  expect(camera.raiseMotion(1000)).toBe(false)
  expect((await get(client, `id=1.${sensor}`)).body).toEqual(event(sensor, false))
})
