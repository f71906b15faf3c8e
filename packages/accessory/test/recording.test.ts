import { FragmentInspector } from '@hksv/fmp4'
import { dataSendReason } from '@hksv/hds'
import { describe, expect, test } from 'vitest'

import { armed, hubOf, report } from './support/armed.ts'
import { done, put, ready } from './support/requests.ts'

describe('a recording', () => {
  test.each([false, true])('with audio: %s; whole from the prebuffer on', async withAudio => {
    const { hub, clock, admin, events } = await armed({ withAudio })
    // The clock stands still: what comes now was recorded before.
    const { streamId, init } = await hub.open()
    const inspector = new FragmentInspector(init)
    expect(inspector.init.findings).toEqual([])
    const kinds = inspector.init.state.tracks.map(({ kind }) => kind)
    expect(kinds).toEqual(withAudio ? ['video', 'audio'] : ['video'])
    let bytes = init.length
    for (let number = 1; number <= 4; number++) {
      if (number > 2) await clock.advance(4000)
      const { data, dataType, sequence, isEndOfStream } = await hub.next('fragment')
      bytes += data.length
      expect([dataType, sequence, isEndOfStream]).toEqual(['mediaFragment', number + 1, false])
      const { findings, summary } = inspector.inspect(data)
      expect(findings).toEqual([])
      expect(summary.sequenceNumber).toBe(number)
      if (number === 1) expect(summary.video?.decodeTime).toBe(0)
      expect(summary.audio === undefined).toBe(!withAudio)
    }
    hub.send({ type: 'close-recording', streamId, reason: dataSendReason.normal })
    expect(await report(events)).toEqual({
      event: 'recording-closed',
      controllerId: admin.identifier,
      reason: 'normal',
      endedBy: 'hub',
      fragments: 4,
      bytes,
      durationMs: expect.any(Number),
    })
  })

  test('begins with a short fragment when there is no prebuffer yet', async () => {
    const { hub, clock } = await armed({ prebufferMs: 0 })
    const { init } = await hub.open()
    const inspector = new FragmentInspector(init)
    // The sample has a key frame every two seconds: the first ends the fragment.
    await clock.advance(2100)
    const { findings, summary } = inspector.inspect((await hub.next('fragment')).data)
    expect(findings.map(({ rule }) => rule)).toEqual(['fragment-duration'])
    expect(summary.video).toMatchObject({ decodeTime: 0, samples: 60 })
    await clock.advance(4000)
    const next = inspector.inspect((await hub.next('fragment')).data)
    expect([next.findings, next.summary.video?.samples]).toEqual([[], 120])
  })

  test('follows another on the same connection', async () => {
    const { hub, events } = await armed()
    for (let i = 0; i < 3; i++) {
      const { streamId } = await hub.open()
      await hub.next('fragment')
      await hub.next('fragment')
      hub.send({ type: 'close-recording', streamId, reason: dataSendReason.cancelled })
      expect(await report(events)).toMatchObject({ reason: 'cancelled', fragments: 2 })
    }
  })

  test('ends by itself at the ceiling, with the end marked', async () => {
    const { hub, events } = await armed({ maxRecordingMs: 0 })
    const { streamId } = await hub.open()
    let isEndOfStream = false
    while (!isEndOfStream) ({ isEndOfStream } = await hub.next('fragment'))
    await hub.next('ended')
    hub.send({ type: 'acknowledge', streamId })
    expect(await report(events)).toMatchObject({ reason: 'acknowledged', endedBy: 'hub' })
  })
})

describe('a recording is refused', () => {
  test('while another hub records', async () => {
    const made = await armed()
    const { hub: first, port, admin, events } = made
    const { streamId } = await first.open()
    const second = await hubOf(made, await admin.connect(port))
    expect(await second.refused()).toBe(dataSendReason.busy)
    first.send({ type: 'close-recording', streamId, reason: dataSendReason.normal })
    await report(events)
    await second.open()
  })

  test('by a camera that is not to record', async () => {
    const made = await ready()
    expect(await (await hubOf(made, made.client)).refused()).toBe(dataSendReason.notAllowed)
  })

  test('when nothing is selected to record with', async () => {
    const made = await ready()
    const active = made.iid('cameraEventRecordingManagement', 'active')
    expect(await put(made.client, [{ iid: active, value: 1 }])).toEqual(done)
    expect(await (await hubOf(made, made.client)).refused()).toBe(
      dataSendReason.invalidConfiguration,
    )
  })

  test('by a camera that is switched off', async () => {
    const { hub, client, iid } = await armed()
    const active = iid('cameraOperatingMode', 'homeKitCameraActive')
    expect(await put(client, [{ iid: active, value: 0 }])).toEqual(done)
    expect(await hub.refused()).toBe(dataSendReason.notAllowed)
  })
})

describe('a recording breaks off', () => {
  test.each([
    ['camera', 'cameraOperatingMode', 'homeKitCameraActive'],
    ['recording', 'cameraEventRecordingManagement', 'active'],
  ] as const)('with reason 1 when the %s is switched off', async (_, service, characteristic) => {
    const { hub, client, iid, events } = await armed()
    await hub.open()
    await hub.next('fragment')
    await hub.next('fragment')
    expect(await put(client, [{ iid: iid(service, characteristic), value: 0 }])).toEqual(done)
    expect((await hub.next('recording-closed')).reason).toBe(dataSendReason.notAllowed)
    expect((await events.next()).event).toBe('recording-opened')
    const rest = [await events.next(), await events.next()]
    expect(rest).toContainEqual({ event: 'disarmed' })
    expect(rest).toContainEqual(
      expect.objectContaining({ reason: 'notAllowed', endedBy: 'camera', fragments: 2 }),
    )
  })

  test('when the HAP connection behind it is lost', async () => {
    const { hub, client, events } = await armed()
    await hub.open()
    client.close()
    await hub.closed
    expect(await report(events)).toMatchObject({
      reason: 'HAP connection lost',
      endedBy: 'connection',
    })
  })

  test('when the hub is gone, and another may record at once', async () => {
    const made = await armed()
    await made.hub.open()
    made.hub.close()
    expect(await report(made.events)).toMatchObject({ reason: 'connection lost' })
    await (await hubOf(made, made.client)).open()
  })

  test('when the hub is unpaired', async () => {
    const { hub, client, admin, events } = await armed()
    await hub.open()
    await client.pairings({ method: 'remove', identifier: admin.identifier })
    await hub.closed
    expect((await events.next()).event).toBe('recording-opened')
    const rest = [await events.next(), await events.next(), await events.next()]
    expect(rest.map(({ event }) => event).toSorted()).toEqual([
      'disarmed',
      'recording-closed',
      'unpaired',
    ])
  })

  test('when the camera is closed', async () => {
    const { hub, camera } = await armed()
    await hub.open()
    await camera.close()
    await hub.closed
  })
})
