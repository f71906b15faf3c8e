import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { dataSendReason, encodeSetupResponse } from '@hksv/hds'
import { Recording } from '@hksv/hub'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { iidOf } from './support/camera-database.ts'
import { connect } from './support/connect.ts'
import { recordingOf } from './support/media.ts'
import type { CameraStream } from './support/recorder.ts'
import { json } from './support/test-accessory.ts'

const media = recordingOf(4)

afterEach(() => {
  vi.useRealTimers()
})

/** Accepts a recording and sends its initialization and fragments. */
function sendAll(stream: CameraStream, options: { endOfStream?: boolean } = {}): void {
  stream.accept()
  stream.sendInit(media)
  stream.sendFragments(media.fragments, options)
}

/** Everything that a recording yields, as type and number. */
async function drain(recording: Recording): Promise<string[]> {
  const seen: string[] = []
  for await (const { dataType, sequence } of recording) seen.push(`${dataType} ${sequence}`)
  return seen
}

const everything = [
  'mediaInitialization 1',
  'mediaFragment 2',
  'mediaFragment 3',
  'mediaFragment 4',
  'mediaFragment 5',
]

describe('a recording', () => {
  it('is set up on the linked data stream and yields what the camera sends', async () => {
    const { accessory, client } = await connect()
    accessory.recorder.onRequested = stream => sendAll(stream)
    const recording = await Recording.open(client)
    const received: Uint8Array[] = []
    for await (const { data } of recording) {
      received.push(data)
      if (received.length === 5) break
    }
    expect(received).toEqual([media.init, ...media.fragments])
    expect(recording.end).toEqual({ by: 'hub', reason: 'normal', isComplete: true })
    const [stream] = accessory.recorder.streams
    expect(await stream?.hears('recording-requested')).toMatchObject({ reason: 'record' })
    expect(await stream?.hears('recording-closed')).toMatchObject({ reason: 0 })
    const { setupMs, helloMs, openMs, initMs, firstFragmentMs } = recording.times
    const times = [setupMs, helloMs, openMs, initMs, firstFragmentMs].map(Number)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    const setup = iidOf(accessory.services, 80, 'setupDataStreamTransport')
    expect(accessory.requests).toMatchObject([
      { method: 'PUT', body: { characteristics: [{ iid: setup, r: true }] } },
    ])
  })

  it('takes fragments of many chunks', async () => {
    const { accessory, client } = await connect()
    // 120 pictures: about 1.2 MB a fragment.
    const large = recordingOf(1, { pictureLength: 10_000 })
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(large)
      stream.sendFragments(large.fragments)
    }
    const recording = await Recording.open(client)
    for await (const event of recording) {
      if (event.dataType === 'mediaInitialization') continue
      expect(event.chunks).toBe(5)
      expect(Buffer.from(event.data).equals(Buffer.from(large.fragments[0] ?? []))).toBe(true)
      break
    }
  })

  it('is acknowledged when the camera ends it', async () => {
    const { accessory, client } = await connect()
    accessory.recorder.onRequested = stream => sendAll(stream, { endOfStream: true })
    const recording = await Recording.open(client)
    expect(await drain(recording)).toEqual(everything)
    expect(recording.end).toEqual({ by: 'camera', reason: 'endOfStream', isComplete: true })
    await accessory.recorder.streams[0]?.hears('acknowledged')
  })

  it('can be followed by another one on the same connection', async () => {
    const { accessory, client } = await connect()
    accessory.recorder.onRequested = stream => sendAll(stream, { endOfStream: true })
    for (let i = 0; i < 2; i++) {
      expect(await drain(await Recording.open(client))).toEqual(everything)
    }
    expect(accessory.recorder.streams).toHaveLength(2)
    expect(client.signal.aborted).toBe(false)
  })

  it.each(Object.keys(dataSendReason) as (keyof typeof dataSendReason)[])(
    'is not complete when the camera closes it: %s',
    async reason => {
      const { accessory, client } = await connect()
      accessory.recorder.onRequested = stream => sendAll(stream)
      const recording = await Recording.open(client)
      let count = 0
      for await (const _ of recording) {
        if (++count === 5) accessory.recorder.streams[0]?.end(reason)
      }
      expect(count).toBe(5)
      expect(recording.end).toEqual({ by: 'camera', reason, isComplete: false })
    },
  )

  it.each([
    ['in order', (stream: CameraStream) => stream.socket.end()],
    ['at once', (stream: CameraStream) => stream.socket.resetAndDestroy()],
  ])('is not complete when the data stream is closed %s', async (_name, close) => {
    const { accessory, client } = await connect()
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(media)
    }
    const recording = await Recording.open(client)
    const seen: string[] = []
    for await (const { dataType } of recording) {
      seen.push(dataType)
      const [stream] = accessory.recorder.streams
      if (stream !== undefined) close(stream)
    }
    expect(seen).toEqual(['mediaInitialization'])
    expect(recording.end).toEqual({
      by: 'connection',
      reason: 'connection lost',
      isComplete: false,
    })
  })

  it('is not complete when the HAP connection breaks off: the keys were its keys', async () => {
    const { accessory, client } = await connect()
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(media)
    }
    const recording = await Recording.open(client)
    const seen: string[] = []
    for await (const { dataType } of recording) {
      seen.push(dataType)
      accessory.sessions[0]?.socket.destroy()
    }
    expect(seen).toEqual(['mediaInitialization'])
    expect(recording.end).toMatchObject({ by: 'connection', isComplete: false })
  })

  it('is not complete when the camera sends what is no frame', async () => {
    const { accessory, client } = await connect()
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(media)
    }
    const recording = await Recording.open(client)
    for await (const _ of recording) accessory.recorder.streams[0]?.sendGarbage()
    expect(recording.end).toMatchObject({
      by: 'connection',
      reason: expect.stringContaining('frame'),
      isComplete: false,
    })
  })

  it('is closed with 6 when nothing comes for 8 s', async () => {
    const { accessory, client } = await connect()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(media)
    }
    const recording = await Recording.open(client)
    const drained = drain(recording)
    await vi.waitUntil(() => recording.times.initMs !== undefined)
    await vi.advanceTimersByTimeAsync(8000)
    expect(await drained).toEqual(['mediaInitialization 1'])
    expect(recording.end).toMatchObject({
      by: 'hub',
      reason: expect.stringContaining('read-timeout'),
      isComplete: false,
    })
    const [stream] = accessory.recorder.streams
    expect(await stream?.hears('recording-closed')).toMatchObject({ reason: 6 })
  })

  it('does not take a camera for silent that nobody listened to', async () => {
    const { accessory, client } = await connect()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(media)
    }
    const recording = await Recording.open(client)
    let count = 0
    for await (const _ of recording) {
      const fragment = media.fragments[count++]
      if (fragment === undefined) break
      accessory.recorder.streams[0]?.sendFragments([fragment])
      // It comes, and waits: the socket is paused.
      for (let turn = 0; turn < 20; turn++) await nextTurn()
      await vi.advanceTimersByTimeAsync(20_000)
    }
    expect(count).toBe(5)
    expect(recording.end).toMatchObject({ by: 'hub', reason: 'normal' })
  })

  it('ends with its signal, and says that it was cancelled', async () => {
    const { accessory, client } = await connect()
    const stop = new AbortController()
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(media)
    }
    const recording = await Recording.open(client, stop.signal)
    const drained = (async () => {
      for await (const _ of recording) stop.abort(new Error('stopped'))
    })()
    await expect(drained).rejects.toThrow('stopped')
    expect(recording.end).toEqual({ by: 'hub', reason: 'cancelled', isComplete: false })
    const [stream] = accessory.recorder.streams
    expect(await stream?.hears('recording-closed')).toMatchObject({
      reason: dataSendReason.cancelled,
    })
  })

  it('waits no longer than 2 s for a camera that does not hang up', async () => {
    const { accessory, client } = await connect()
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(media)
      stream.socket.allowHalfOpen = true
    }
    const recording = await Recording.open(client)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let isClosed = false
    const closed = recording.close('normal').then(() => {
      isClosed = true
    })
    const [stream] = accessory.recorder.streams
    await stream?.hears('recording-closed')
    await vi.advanceTimersByTimeAsync(1999)
    expect(isClosed).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await closed
    expect(stream?.socket.writable).toBe(true)
  })
})

describe('a camera refuses to record', () => {
  it.each([
    [dataSendReason.notAllowed, /it is not armed, or switched off \(hksv hub arm\)\.$/],
    [dataSendReason.busy, /another hub is recording/],
    [dataSendReason.cancelled, /it takes no recordings now/],
    [dataSendReason.unsupported, /does not know this kind/],
    [dataSendReason.unexpectedFailure, /its source delivers nothing/],
    [dataSendReason.timeout, /did not deliver in time/],
    [dataSendReason.invalidConfiguration, /no recording configuration is selected/],
    [dataSendReason.badData, /badData/],
  ])('with %i, in words', async (reason, message) => {
    const { accessory, client } = await connect()
    accessory.recorder.onRequested = stream => stream.refuse(reason)
    await expect(Recording.open(client)).rejects.toMatchObject({
      code: 'HUB_RECORDING_REFUSED',
      status: reason,
      message: expect.stringMatching(message),
    })
    // It is not kept waiting with an open data stream either.
    const socket = accessory.recorder.streams[0]?.socket
    if (socket?.destroyed === false) await once(socket, 'close')
  })

  it.each([
    ['busy', 'HUB_BUSY', /no data stream left.*Try again/],
    ['error', 'HUB_REFUSED', /could not set up a data stream/],
  ] as const)('before the data stream: %s', async (status, code, message) => {
    const { accessory, client } = await connect()
    accessory.recorder.setUp = async () => encodeSetupResponse({ status })
    await expect(Recording.open(client)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  it.each([
    ['no TLV', Uint8Array.of(1), 'HUB_PROTOCOL'],
    ['no port', Uint8Array.of(1, 1, 0), 'HUB_PROTOCOL'],
    ['nothing', new Uint8Array(0), 'HUB_PROTOCOL'],
  ])('with a setup response that is %s', async (_name, response, code) => {
    const { accessory, client } = await connect()
    accessory.recorder.setUp = async () => response
    await expect(Recording.open(client)).rejects.toMatchObject({ code })
  })

  it('with a HAP status', async () => {
    const { accessory, client } = await connect()
    const iid = iidOf(accessory.services, 80, 'setupDataStreamTransport')
    accessory.intervene = () => json(207, { characteristics: [{ aid: 1, iid, status: -70403 }] })
    await expect(Recording.open(client)).rejects.toMatchObject({
      code: 'HUB_REFUSED',
      status: -70403,
    })
  })

  it('at a port where nothing listens', async () => {
    const { accessory, client } = await connect()
    const accessoryKeySalt = new Uint8Array(32)
    accessory.recorder.setUp = async () =>
      encodeSetupResponse({ status: 'success', port: 1, accessoryKeySalt })
    await expect(Recording.open(client)).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' })
  })

  it.each([
    ['hangs up on hello', (stream: CameraStream) => stream.socket.destroy(), 'HUB_CONNECTION_LOST'],
    ['sends what is no frame', (stream: CameraStream) => stream.sendGarbage(), 'HUB_PROTOCOL'],
  ])('and %s', async (_name, fault, code) => {
    const { accessory, client } = await connect()
    accessory.recorder.onRequested = fault
    await expect(Recording.open(client)).rejects.toMatchObject({ code })
  })

  it('and does not answer', async () => {
    const { accessory, client } = await connect()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    accessory.recorder.onRequested = () => undefined
    const opened = expect(Recording.open(client)).rejects.toMatchObject({ code: 'HUB_TIMEOUT' })
    await vi.waitUntil(() =>
      accessory.recorder.streams[0]?.heard.some(({ type }) => type === 'recording-requested'),
    )
    await vi.advanceTimersByTimeAsync(5000)
    await vi.advanceTimersByTimeAsync(2000)
    await opened
  })
})
