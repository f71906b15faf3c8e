import { dataSendReason } from '@hksv/hds'
import type { MediaSource, WantedStream } from '@hksv/media'
import { describe, expect, test } from 'vitest'

import type { HapClient } from './client.ts'
import { arm, armed, hubOf, selection } from './support/armed.ts'
import { addGuest, instanceIds, stage } from './support/camera.ts'
import { done, get, put, ready, results } from './support/requests.ts'

type Ready = Awaited<ReturnType<typeof ready>>

const management = 'cameraEventRecordingManagement'
const mode = 'cameraOperatingMode'

/** Writes the three Active characteristics as Home does for one of its four states. */
async function choose({ client, iid }: Ready, stream: number, camera: number, record: number) {
  // Each of the stream services has its own.
  const { accessories } = (await client.json('GET', '/accessories')) as {
    accessories: {
      services: { type: string; characteristics: { iid: number; type: string }[] }[]
    }[]
  }
  const streams = (accessories[0]?.services ?? [])
    .filter(({ type }) => type === '110')
    .flatMap(({ characteristics }) => characteristics.filter(({ type }) => type === 'B0'))
  expect(streams).toHaveLength(2)
  const entries = [
    ...streams.map(one => ({ iid: one.iid, value: stream })),
    { iid: iid(mode, 'homeKitCameraActive'), value: camera },
    { iid: iid(management, 'active'), value: record },
  ]
  expect(await put(client, entries)).toEqual(done)
}

/** What a controller gets when it asks for a picture: 200, or the status in 207. */
async function picture(client: HapClient, reason?: number) {
  const size = { 'image-width': 640, 'image-height': 360 }
  const body = { 'resource-type': 'image', ...size, ...(reason === undefined ? {} : { reason }) }
  const answer = await client.request('POST', '/resource', body)
  if (answer.status === 200) return 200
  expect(answer.status).toBe(207)
  return JSON.parse(Buffer.from(answer.body).toString()).status
}

/** What the camera does and what it refuses, in one line. */
async function conduct(made: Ready) {
  const { client, iid, camera } = made
  const isMotionSeen = camera.raiseMotion(10_000)
  const sensor = [iid('motionSensor', 'motionDetected'), iid('motionSensor', 'statusActive')]
  const { body } = await get(client, `id=${sensor.map(id => `1.${id}`).join()}`)
  const { characteristics } = body as { characteristics: { value: boolean }[] }
  const hub = await hubOf(made, client)
  hub.send({ type: 'open-recording' })
  await hub.next('opening')
  const answer = await hub.events.next()
  hub.close()
  await hub.closed
  return {
    isMotionSeen,
    motionDetected: characteristics[0]?.value,
    statusActive: characteristics[1]?.value,
    picture: await picture(client),
    recording: answer.type === 'refused' ? answer.reason : answer.type,
  }
}

describe('the four states of a camera', () => {
  const { notAllowed } = dataSendReason
  const awake = { isMotionSeen: true, motionDetected: true, statusActive: true }
  const asleep = { isMotionSeen: false, motionDetected: false, statusActive: false }
  test.each([
    ['off', 0, 0, 0, { ...asleep, picture: -70412, recording: notAllowed }],
    ['detect activity', 0, 1, 0, { ...awake, picture: -70412, recording: notAllowed }],
    ['stream', 1, 1, 0, { ...awake, picture: 200, recording: notAllowed }],
    ['stream & allow recording', 1, 1, 1, { ...awake, picture: 200, recording: 'opened' }],
  ] as const)('%s', async (_name, stream, camera, record, expected) => {
    const made = await ready()
    await arm(made)
    await choose(made, stream, camera, record)
    expect(await conduct(made)).toEqual(expected)
  })

  test('and its own switch, whatever the state is', async () => {
    const made = await ready()
    await arm(made)
    await made.camera.setManuallyDisabled(true)
    expect(await conduct(made)).toEqual({ ...asleep, picture: -70412, recording: notAllowed })
    await made.camera.setManuallyDisabled(false)
    expect(await conduct(made)).toEqual({ ...awake, picture: 200, recording: 'opened' })
  })
})

test('the switch ends a recording, is told to those who listen, and is kept for good', async () => {
  const { hub, client, iid, camera, storage, events, admin } = await armed()
  const disabled = iid(mode, 'manuallyDisabled')
  await put(client, [{ iid: disabled, ev: true }])
  await hub.open()
  await camera.setManuallyDisabled(true)
  for (;;) {
    const event = await hub.events.next()
    if (event.type === 'fragment') continue
    expect(event).toMatchObject({ type: 'recording-closed', reason: dataSendReason.notAllowed })
    break
  }
  expect(await client.event()).toEqual({
    characteristics: [{ aid: 1, iid: disabled, value: true }],
  })
  expect((await events.next()).event).toBe('recording-opened')
  // Nobody is left, and the switch is where it was.
  await client.pairings({ method: 'remove', identifier: admin.identifier })
  await camera.close()
  const again = await stage({ storage })
  expect(again.camera.raiseMotion(1000)).toBe(false)
})

describe('a selection', () => {
  test('is an administrator’s alone, and read as it was written', async () => {
    const { client, iid, admin, port } = await ready()
    const selected = iid(management, 'selectedCameraRecordingConfiguration')
    const guest = await (await addGuest(client, admin)).connect(port)
    const value = selection()
    expect(await put(guest, [{ iid: selected, value }])).toEqual(
      results({ iid: selected, status: -70401 }),
    )
    expect(
      await put(client, [{ iid: selected, value: selection(s => (s.video.codec = 7)) }]),
    ).toEqual(results({ iid: selected, status: -70410 }))
    expect(await put(client, [{ iid: selected, value }])).toEqual(done)
    expect((await get(guest, `id=1.${selected}`)).body).toEqual({
      characteristics: [{ aid: 1, iid: selected, value }],
    })
  })

  test('survives a restart, and a hub needs not do anything', async () => {
    const made = await armed()
    const { camera, storage, admin } = made
    await made.client.request('GET', '/accessories')
    await camera.close()
    const again = await stage({ storage })
    expect(await again.clock.advance(0)).toBeUndefined()
    await again.clock.advance(9000)
    const client = await admin.connect(again.port)
    const iid = await instanceIds(client)
    const hub = await hubOf({ ...made, ...again, client, iid }, client)
    await hub.open()
    expect((await hub.next('fragment')).dataType).toBe('mediaFragment')
  })

  test('ends with what was offered: c# rises, and another is needed', async () => {
    const { camera, storage, admin, iid } = await armed()
    const selected = iid(management, 'selectedCameraRecordingConfiguration')
    await camera.close()
    const read = async (options: Parameters<typeof stage>[0]) => {
      const again = await stage({ storage, ...options })
      const client = await admin.connect(again.port)
      const { status } = await get(client, `id=1.${selected}`)
      await again.camera.close()
      return status
    }
    expect(await read({})).toBe(200)
    expect(await read({ recording: { prebufferMs: 8000 } })).toBe(207)
    // It is gone, also when the old offer comes back.
    expect(await read({})).toBe(207)
  })

  test('written again as it is changes nothing, and another one reaches the source', async () => {
    const asked: (WantedStream | undefined)[] = []
    const wrap = (source: MediaSource): MediaSource => ({
      description: source.description,
      warnings: [],
      encodingFor: wanted => `${wanted?.video.width}`,
      samples: (signal, wanted) => {
        asked.push(wanted)
        return source.samples(signal, wanted)
      },
      snapshot: (size, signal) => source.snapshot(size, signal),
      [Symbol.asyncDispose]: async () => undefined,
    })
    const made = await ready({ wrap })
    await arm(made)
    await expect.poll(() => asked.length).toBe(1)
    await arm(made)
    const other = selection(({ video }) => {
      video.parameters.bitRateKbps = 800
      video.attributes = { width: 1280, height: 720, frameRate: 24 }
    })
    await arm(made, { selected: other })
    await expect.poll(() => asked.length).toBe(2)
    expect(asked.map(wanted => wanted?.video)).toEqual([
      {
        codec: 'h264',
        width: 1920,
        height: 1080,
        framesPerSecond: 30,
        bitRateKbps: 2000,
        keyFrameIntervalMs: 4000,
      },
      {
        codec: 'h264',
        width: 1280,
        height: 720,
        framesPerSecond: 24,
        bitRateKbps: 800,
        keyFrameIntervalMs: 4000,
      },
    ])
    expect(asked[0]?.audio).toEqual({
      codec: 'aac-lc',
      sampleRate: 32_000,
      channels: 1,
      isConstantBitRate: false,
    })
  })
})

test('what the hardware has to know reaches it, before the write is answered', async () => {
  const told: string[] = []
  let isBroken = false
  const made = await ready({
    hasSpeaker: true,
    delegate: {
      setIndicator: isOn => void told.push(`indicator ${isOn}`),
      async setNightVision(isOn) {
        if (isBroken) throw new Error('the filter is stuck')
        told.push(`night vision ${isOn}`)
      },
      setMicrophone: ({ isMuted }) => void told.push(`microphone ${isMuted}`),
      setSpeaker: ({ isMuted, volume }) => void told.push(`speaker ${isMuted} ${volume}`),
    },
  })
  const { client, iid, admin } = made
  const first = ['indicator true', 'night vision true', 'microphone false', 'speaker false 100']
  expect(told.splice(0)).toEqual(first)
  const entries = [
    { iid: iid('speaker', 'volume'), value: 40 },
    { iid: iid('speaker', 'mute'), value: 1 },
    { iid: iid(mode, 'nightVision'), value: false },
  ]
  expect(await put(client, entries)).toEqual(done)
  expect(told.splice(0)).toEqual(['speaker false 40', 'speaker true 40', 'night vision false'])
  isBroken = true
  const night = iid(mode, 'nightVision')
  expect(await put(client, [{ iid: night, value: true }])).toEqual(
    results({ iid: night, status: -70402 }),
  )
  isBroken = false
  expect((await get(client, `id=1.${night}`)).body).toMatchObject({
    characteristics: [{ value: false }],
  })
  // A restart tells it again, and the last controller to leave sets it back.
  await client.pairings({ method: 'remove', identifier: admin.identifier })
  await expect.poll(() => told).toEqual(first)
})
