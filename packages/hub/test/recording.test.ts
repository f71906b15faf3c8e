import { dataSendReason, type FragmentEvent } from '@hksv/hds'
import { Recording } from '@hksv/hub'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { connect } from './support/connect.ts'
import { answerSetup, type ForgedChunk, forgeStream } from './support/forged-stream.ts'
import { recordingOf } from './support/media.ts'
import type { CameraStream } from './support/recorder.ts'

const media = recordingOf(3)

afterEach(() => vi.useRealTimers())

/** What to do when a recording is asked for, and the stream on which it was. */
function camera(accessory: Awaited<ReturnType<typeof connect>>['accessory']) {
  return (onRequested: (stream: CameraStream) => void): Promise<CameraStream> =>
    new Promise(resolve => {
      accessory.recorder.onRequested = stream => {
        onRequested(stream)
        resolve(stream)
      }
    })
}

async function setUp() {
  const { accessory, client } = await connect()
  return { accessory, client, whenAsked: camera(accessory) }
}

async function collect(recording: Recording): Promise<FragmentEvent[]> {
  const events: FragmentEvent[] = []
  for await (const event of recording) events.push(event)
  return events
}

describe('a recording', () => {
  it('is what the camera sent, in order, up to its end', async () => {
    const { client, whenAsked } = await setUp()
    const asked = whenAsked(stream => {
      stream.accept()
      stream.sendInit(media)
      stream.sendFragments(media.fragments, { endOfStream: true })
    })
    const recording = await Recording.open(client)
    expect(recording.end).toBeUndefined()
    const events = await collect(recording)
    expect(events.map(({ sequence, dataType }) => [sequence, dataType])).toEqual([
      [1, 'mediaInitialization'],
      [2, 'mediaFragment'],
      [3, 'mediaFragment'],
      [4, 'mediaFragment'],
    ])
    const sent = [media.init, ...media.fragments]
    for (const [i, { data }] of events.entries()) expect(Buffer.from(data)).toEqual(Buffer.from(sent[i] ?? []))
    expect(recording.end).toEqual({ by: 'camera', reason: 'endOfStream', isComplete: true })
    await (await asked).hears('acknowledged')
  })

  it('knows when each step was done, in their order', async () => {
    const { client, whenAsked } = await setUp()
    whenAsked(stream => {
      stream.accept()
      stream.sendInit(media)
      stream.sendFragments(media.fragments, { endOfStream: true })
    })
    const recording = await Recording.open(client)
    await collect(recording)
    const { setupMs, helloMs, openMs, initMs, firstFragmentMs } = recording.times
    const times = [setupMs, helloMs, openMs, initMs, firstFragmentMs]
    expect(times.every(time => typeof time === 'number' && time > 0)).toBe(true)
    expect(times).toEqual(times.toSorted((a = 0, b = 0) => a - b))
  })

  it('joins chunks', async () => {
    const { client, whenAsked } = await setUp()
    const large = recordingOf(1, { pictureLength: 8000 })
    whenAsked(stream => {
      stream.accept()
      stream.sendInit(large)
      stream.sendFragments(large.fragments, { endOfStream: true })
    })
    const [, fragment] = await collect(await Recording.open(client))
    expect(fragment?.chunks).toBe(Math.ceil((large.fragments[0]?.length ?? 0) / 0x4_0000))
    expect(fragment?.chunks).toBeGreaterThan(1)
    expect(Buffer.from(fragment?.data ?? [])).toEqual(Buffer.from(large.fragments[0] ?? []))
  })

  it('ends as normal when the loop is left, and the camera hears it', async () => {
    const { client, whenAsked } = await setUp()
    const asked = whenAsked(stream => {
      stream.accept()
      stream.sendInit(media)
      stream.sendFragments(media.fragments)
    })
    const recording = await Recording.open(client)
    for await (const { sequence } of recording) if (sequence === 2) break
    expect(recording.end).toEqual({ by: 'hub', reason: 'normal', isComplete: true })
    const closed = await (await asked).hears('recording-closed')
    expect(closed).toMatchObject({ by: 'hub', reason: dataSendReason.normal })
    expect(client.signal.aborted).toBe(false)
  })

  it('can be followed by another one on the same connection', async () => {
    const { accessory, client, whenAsked } = await setUp()
    whenAsked(stream => {
      stream.accept()
      stream.sendInit(media)
      stream.sendFragments(media.fragments, { endOfStream: true })
    })
    for (const length of [4, 4]) {
      expect(await collect(await Recording.open(client))).toHaveLength(length)
    }
    expect(accessory.recorder.streams).toHaveLength(2)
  })

  it('is cancelled by its signal, and says so', async () => {
    const { client, whenAsked } = await setUp()
    const asked = whenAsked(stream => stream.accept())
    const stop = new AbortController()
    const recording = await Recording.open(client, stop.signal)
    const loop = collect(recording)
    stop.abort(new Error('stopped'))
    await expect(loop).rejects.toThrow('stopped')
    expect(recording.end).toEqual({ by: 'hub', reason: 'cancelled', isComplete: false })
    const closed = await (await asked).hears('recording-closed')
    expect(closed).toMatchObject({ reason: dataSendReason.cancelled })
  })
})

describe('a recording that breaks off', () => {
  it.each(Object.keys(dataSendReason) as (keyof typeof dataSendReason)[])(
    'has what came before the camera closed it: %s',
    async reason => {
      const { client, whenAsked } = await setUp()
      whenAsked(stream => {
        stream.accept()
        stream.sendInit(media)
      })
      const recording = await Recording.open(client)
      const loop = recording[Symbol.asyncIterator]()
      expect((await loop.next()).value).toMatchObject({ sequence: 1 })
      const [stream] = [...(await openStreams(client))]
      stream?.end(reason)
      expect((await loop.next()).done).toBe(true)
      expect(recording.end).toEqual({ by: 'camera', reason, isComplete: false })
    },
  )
})
