import { type LiveSample, type LiveSuite, LiveView } from '@hksv/hub'
import { type LiveRule, liveRules } from '@hksv/media/live'
import { isRtcp } from '@hksv/media/rtp'
import { describe, expect, onTestFinished, test } from 'vitest'

import { iidOf, serviceJson } from './support/camera-database.ts'
import { HandClock } from './support/hand-clock.ts'
import { LiveCamera, type LiveCameraOptions } from './support/live-camera.ts'

/** A camera, and somebody who looks at it in a time of his own. */
async function look(
  options: LiveCameraOptions = {},
  wishes: Parameters<typeof LiveView.open>[1] = {},
) {
  const camera = await LiveCamera.start(options)
  const clock = new HandClock()
  const view = await LiveView.open(camera.client, { clock, ...wishes })
  onTestFinished(() => view.close())
  const samples = view[Symbol.asyncIterator]()
  const next = async (): Promise<LiveSample> => {
    const { value } = await samples.next()
    if (value === undefined) throw new Error('the view has ended')
    return value
  }
  /** The first picture: its packets are kept for a moment, as others may have been overtaken. */
  const first = async (options = {}): Promise<LiveSample> => {
    camera.show(0, options)
    await expect.poll(() => view.report().video.packets).toBeGreaterThan(0)
    clock.advance(100)
    return next()
  }
  return { camera, clock, view, samples, next, first }
}

const lengths = {
  AES_CM_128_HMAC_SHA1_80: [16, 14],
  AES_256_CM_HMAC_SHA1_80: [32, 14],
  none: [0, 0],
}

test.each(Object.keys(lengths) as LiveSuite[])('pictures arrive under %s', async srtp => {
  const { camera, view, next, first } = await look({}, { srtp })
  const [keyLength, saltLength] = lengths[srtp]
  const { videoSealing, audioSealing, sessionId } = camera.setUps[0] ?? {}
  expect(videoSealing?.masterKey).toHaveLength(keyLength ?? -1)
  expect(videoSealing?.masterSalt).toHaveLength(saltLength ?? -1)
  if (srtp !== 'none') expect(videoSealing?.masterKey).not.toEqual(audioSealing?.masterKey)
  for (let i = 0; i < 5; i++) {
    if (i > 0) camera.show(i, { length: 4000 })
    const sample = await (i > 0 ? next() : first({ length: 4000 }))
    expect(sample).toMatchObject({ track: 'video', decodeTime: i * 3000, isSync: i === 0 })
    expect(sample.data).toHaveLength(4004)
  }
  await view.close()
  expect(camera.selected.map(({ control }) => control)).toEqual([
    { sessionId, command: 1 },
    { sessionId, command: 0 },
  ])
  expect(view.end).toEqual({ by: 'hub', reason: 'closed' })
  expect(view.report()).toMatchObject({ isGood: true, video: { lost: 0, findings: [] } })
  // Reports went to the sender, under the keys that were announced.
  expect(camera.heard.map(({ type }) => type)).toContain('reception-report')
  expect(camera.heard.map(({ type }) => type)).not.toContain('refused')
})

describe('what is selected', () => {
  test('is the best that is offered, with what phones say of reports and datagrams', async () => {
    const { camera, view } = await look()
    expect(view.choice).toEqual({
      suite: 'AES_CM_128_HMAC_SHA1_80',
      video: { profile: 2, level: 2, width: 1920, height: 1080, frameRate: 30, bitRateKbps: 2000 },
      audio: { codec: 'opus', sampleRate: 24_000, packetTimeMs: 20 },
    })
    expect(camera.selected[0]).toMatchObject({
      video: { rtp: { payloadType: 99, minRtcpIntervalSeconds: 0.5, maxMtu: 1378 } },
      audio: { codec: 3, parameters: { sampleRate: 2 }, rtp: { minRtcpIntervalSeconds: 5 } },
    })
  })

  test('is what is nearest to the wishes', async () => {
    const wishes = { width: 1200, height: 700, frameRate: 12, bitRateKbps: 400 }
    const { view } = await look({ cryptoSuites: [2, 0], audioCodec: 2 }, wishes)
    expect(view.choice).toMatchObject({
      suite: 'none',
      video: { width: 1280, height: 720, frameRate: 15, bitRateKbps: 400 },
      audio: { codec: 'aac-eld', sampleRate: 24_000, packetTimeMs: 20 },
    })
  })

  test('changes with a reconfiguration, which has size and rates alone', async () => {
    const { camera, view } = await look()
    await view.reconfigure({ width: 640, height: 360, bitRateKbps: 200 })
    const { control, video, audio } = camera.selected[1] ?? {}
    expect(control?.command).toBe(4)
    expect(video).toMatchObject({
      attributes: { width: 640, height: 360 },
      rtp: { maxBitRateKbps: 200 },
    })
    expect([video?.codec, video?.parameters, audio]).toEqual([undefined, undefined, undefined])
    expect(view.choice.video).toMatchObject({ width: 640, bitRateKbps: 200 })
  })
})

describe('what cannot be had', () => {
  const rows: readonly [string, LiveCameraOptions, string, RegExp][] = [
    ['everybody looks', { statuses: [1, 1] }, 'HUB_LIVE_BUSY', /End one of the live views/],
    ['it is not available', { statuses: [2, 2] }, 'HUB_LIVE_REFUSED', /show nothing now/],
    ['no suite is shared', { cryptoSuites: [9] }, 'HUB_LIVE_REFUSED', /offers nothing/],
    [
      'somebody was quicker, twice',
      { answer: ({ sessionId }) => ({ sessionId, status: 1 }) },
      'HUB_LIVE_BUSY',
      /End one/,
    ],
    [
      'it cannot prepare',
      { answer: ({ sessionId }) => ({ sessionId, status: 2 }) },
      'HUB_LIVE_REFUSED',
      /address family/,
    ],
    [
      'it answers another viewer',
      { answer: right => ({ ...right, sessionId: new Uint8Array(16) }) },
      'HUB_PROTOCOL',
      /another live view/,
    ],
    [
      'it says no SSRC',
      { answer: ({ videoSsrc: _, ...right }) => right },
      'HUB_PROTOCOL',
      /no SSRC/,
    ],
    [
      'its key is too short',
      {
        answer: right => ({
          ...right,
          videoSealing: {
            cryptoSuite: 0,
            masterKey: new Uint8Array(15),
            masterSalt: new Uint8Array(14),
          },
        }),
      },
      'HUB_PROTOCOL',
      /wrong length/,
    ],
    ['the start is refused', { refusal: () => -70412 }, 'HUB_LIVE_REFUSED', /not allowed/],
  ]
  test.each(rows)('%s', async (_, options, code, message) => {
    const camera = await LiveCamera.start(options)
    const opening = LiveView.open(camera.client)
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test('nobody may look', async () => {
    const camera = await LiveCamera.start()
    for (const service of [40, 50]) {
      const iid = iidOf(camera.accessory.services, service, 'active')
      camera.accessory.characteristic(iid).value = 0
    }
    await expect(LiveView.open(camera.client)).rejects.toMatchObject({
      code: 'HUB_LIVE_REFUSED',
      message: expect.stringContaining('switched off'),
    })
  })

  test('a suite that is not offered', async () => {
    const camera = await LiveCamera.start({ cryptoSuites: [0] })
    const opening = LiveView.open(camera.client, { srtp: 'AES_256_CM_HMAC_SHA1_80' })
    await expect(opening).rejects.toMatchObject({
      message: expect.stringContaining('it offers AES_CM_128_HMAC_SHA1_80'),
    })
  })

  test('somebody was quicker: the next service is taken', async () => {
    const { camera, first } = await look({
      answer: (right, nth) => (nth === 1 ? { sessionId: right.sessionId, status: 1 } : right),
    })
    expect(camera.setUps).toHaveLength(2)
    expect(await first()).toMatchObject({ isSync: true })
  })

  test('a signal that has aborted', async () => {
    const camera = await LiveCamera.start()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(LiveView.open(camera.client, { signal })).rejects.toThrow('enough')
    expect(camera.setUps).toEqual([])
  })
})

describe('a view ends', () => {
  test('when its signal aborts: the loop throws its reason, the camera is told', async () => {
    const stop = new AbortController()
    const { camera, view, samples } = await look({}, { signal: stop.signal })
    const waiting = samples.next()
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    expect(view.end).toEqual({ by: 'hub', reason: 'cancelled' })
    expect(camera.selected.map(({ control }) => control.command)).toEqual([1, 0])
  })

  test('when the camera says goodbye and nothing follows', async () => {
    const { camera, clock, view, samples, first } = await look()
    await first()
    camera.end()
    const last = samples.next()
    await expect
      .poll(() => {
        clock.advance(500)
        return view.end
      })
      .toEqual({ by: 'camera', reason: 'goodbye' })
    expect(await last).toEqual({ done: true, value: undefined })
  })

  test('when the camera falls silent', async () => {
    const { clock, view, samples, first } = await look()
    await first()
    const last = samples.next()
    clock.advance(9899)
    expect(view.end).toBeUndefined()
    clock.advance(1)
    expect(await last).toEqual({ done: true, value: undefined })
    expect(view.end).toEqual({ by: 'camera', reason: 'silent' })
  })

  test('with an error when nothing ever came', async () => {
    const { clock, samples } = await look()
    const first = samples.next()
    clock.advance(10_000)
    await expect(first).rejects.toMatchObject({ code: 'HUB_NO_MEDIA' })
  })

  test('with its connection', async () => {
    const { camera, view, samples } = await look()
    const last = samples.next()
    for (const { socket } of camera.accessory.sessions) socket.destroy()
    expect(await last).toEqual({ done: true, value: undefined })
    expect(view.end).toMatchObject({ by: 'connection' })
  })

  test('not while it is suspended', async () => {
    const { camera, clock, view, next, first } = await look()
    await first()
    await view.suspend()
    clock.advance(60_000)
    await view.resume()
    clock.advance(9000)
    camera.show(1)
    expect(await next()).toMatchObject({ isSync: false })
    expect(camera.selected.map(({ control }) => control.command)).toEqual([1, 2, 3])
    expect(view.end).toBeUndefined()
  })
})

test('a key frame is asked for by PLI', async () => {
  const { camera, view, first } = await look()
  await first()
  view.requestKeyFrame()
  await expect
    .poll(() => camera.heard)
    .toContainEqual({
      type: 'key-frame-wanted',
      why: 'picture-loss',
    })
})

test('who does not take pictures misses them, up to the key frame that is asked for', async () => {
  const { camera, view, first, next } = await look({}, { srtp: 'none' })
  await first()
  const length = 60_000
  const perPicture = Math.ceil((length - 1) / (1378 - 40 - 2))
  // One after the other, so that the kernel has room for each.
  const arrived = async (number: number) => {
    const wanted = view.report().video.packets + perPicture
    camera.show(number, { length })
    while (view.report().video.packets < wanted) await new Promise(done => setImmediate(done))
  }
  let count = 0
  while (view.report().untaken === 0) await arrived(++count)
  expect(count * length).toBeGreaterThan(8 * 2 ** 20)
  const wanted = { type: 'key-frame-wanted', why: 'picture-loss' }
  await expect.poll(() => camera.heard).toContainEqual(wanted)
  // There is room again, but what comes needs the picture that is missing.
  expect(await next()).toMatchObject({ decodeTime: 3000 })
  await arrived(count + 1)
  expect(view.report().untaken).toBe(2)
  for (let i = 2; i < count; i++) await next()
  camera.show(count + 2, { isSync: true })
  expect(await next()).toMatchObject({ decodeTime: (count + 2) * 3000, isSync: true })
})

describe('talking back', () => {
  const prepare: LiveCameraOptions['prepare'] = accessory => {
    accessory.services.push(serviceJson('speaker', 200))
  }
  const frame = (i: number) => ({ decodeTime: i * 480, data: Uint8Array.of(0x58, i, 7) })

  test.each(['AES_CM_128_HMAC_SHA1_80', 'none'] as const)(
    'reaches the speaker under %s',
    async srtp => {
      const { camera, view } = await look({ prepare }, { srtp })
      for (let i = 0; i < 3; i++) view.speak(frame(i))
      await expect.poll(() => camera.speech.length).toBe(3)
      const ssrc = camera.selected[0]?.audio?.rtp.ssrc
      const payloads = ['580007', '580107', '580207']
      expect(camera.speech).toEqual(payloads.map(payload => ({ ssrc, payload })))
      await view.close()
      // A sender report with the first, and one with BYE.
      await expect.poll(() => camera.speechReports).toEqual([200, 200])
      expect(camera.speechRefused).toEqual([])
    },
  )

  test('is refused where there is no speaker', async () => {
    const { view } = await look()
    expect(() => view.speak(frame(0))).toThrow(expect.objectContaining({ code: 'HUB_NO_SPEAKER' }))
  })
})

describe('a faulty camera is found out', () => {
  const withoutReports = (bytes: Uint8Array) => (isRtcp(bytes) ? undefined : bytes)
  const faults: { readonly [rule in LiveRule]?: LiveCameraOptions & { run?: typeof show } } = {
    'ssrc-announced': { sender: { ssrc: 99 } },
    'payload-type-negotiated': { sender: { payloadType: 98 } },
    'datagram-in-mtu': { sender: { mtu: 9000 } },
    'timestamp-paced': { run: camera => show(camera, 30_000) },
    'sender-reports': { alter: withoutReports },
    'parameter-sets-first': { sender: { parameterSets: [] } },
    'starts-with-key-frame': { run: camera => show(camera, 3000, 1) },
    'starts-in-time': {},
    'srtp-authentic': {
      alter: bytes => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)),
    },
    'no-loss': { alter: every(5) },
    'marker-ends-picture': {},
  }

  function show(camera: LiveCamera, step = 3000, first = 0): void {
    for (let i = first; i < first + 20; i++)
      camera.show(i, { length: 3000, decodeTime: i * step, isSync: i === 0 })
  }

  /** Loses one datagram of so many. */
  function every(count: number): (bytes: Uint8Array) => Uint8Array | undefined {
    let number = 0
    return bytes => (number++ % count === count - 1 ? undefined : bytes)
  }

  const { 'starts-in-time': late, 'marker-ends-picture': _, ...planted } = faults
  test.each(Object.entries(planted))('%s', async (rule, { run = show, ...options }) => {
    const { camera, clock, view } = await look(options)
    run(camera)
    // The last packets come two seconds later, without a report in between.
    const { length } = camera.heard
    expect(length).toBe(0)
    await expect
      .poll(() => {
        clock.advance(2000)
        camera.show(40, { isSync: false })
        return view.report().video.findings.map(each => each.rule)
      })
      .toContain(rule)
    const { video, isGood } = view.report()
    const found = video.findings.find(each => each.rule === rule)
    expect(found).toMatchObject({
      level: liveRules[rule as LiveRule].level,
      count: expect.any(Number),
    })
    if (found?.level === 'must') expect(isGood).toBe(false)
  })

  test('starts-in-time', async () => {
    const { clock, view, first } = await look(late)
    clock.advance(501)
    await first()
    expect(view.report().video).toMatchObject({
      firstPacketMs: 501,
      findings: [{ rule: 'starts-in-time', level: 'should', detail: 'nothing for 501 ms' }],
    })
    expect(view.report().isGood).toBe(true)
  })

  test('marker-ends-picture', async () => {
    const unmarked = (bytes: Uint8Array) =>
      isRtcp(bytes) ? bytes : bytes.map((byte, i) => (i === 1 ? byte & 0x7f : byte))
    const { camera, view } = await look({ alter: unmarked }, { srtp: 'none' })
    show(camera)
    await expect
      .poll(() => view.report().video.findings.map(each => each.rule))
      .toContain('marker-ends-picture')
  })
})
