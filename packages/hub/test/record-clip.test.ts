import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { FragmentInspector } from '@hksv/fmp4'
import { dataSendReason } from '@hksv/hds'
import { type RecordStep, recordClip } from '@hksv/hub'
import { describe, expect, it } from 'vitest'

import { iidOf } from './support/camera-database.ts'
import { connect, type World } from './support/connect.ts'
import { type Media, recordingOf } from './support/media.ts'
import type { CameraStream } from './support/recorder.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const media = recordingOf(4)

/** A camera that sends `given`, and then does as it is told. */
async function camera(
  given: Media = media,
  then: (stream: CameraStream) => void = () => undefined,
): Promise<World & { directory: string; path: string }> {
  const world = await connect()
  world.accessory.recorder.onRequested = stream => {
    stream.accept()
    stream.sendInit(given)
    stream.sendFragments(given.fragments)
    then(stream)
  }
  const directory = temporaryDirectory()
  return { ...world, directory, path: join(directory, 'clip.mp4') }
}

/** @returns The number of pictures of a clip in which nothing is wrong. */
function expectPlayable(path: string): number {
  const bytes = new Uint8Array(readFileSync(path))
  const boxes: { type: string; offset: number }[] = []
  const view = new DataView(bytes.buffer)
  for (let offset = 0; offset < bytes.length; offset += view.getUint32(offset)) {
    boxes.push({ type: Buffer.from(bytes.subarray(offset + 4, offset + 8)).toString(), offset })
  }
  expect(boxes.map(({ type }) => type).join(' ')).toMatch(/^ftyp moov( moof mdat)+$/)
  const moofs = boxes.filter(({ type }) => type === 'moof').map(({ offset }) => offset)
  const inspector = new FragmentInspector(bytes.subarray(0, moofs[0]))
  const inspections = moofs.map((start, i) =>
    inspector.inspect(bytes.subarray(start, moofs[i + 1])),
  )
  expect(inspector.init.findings).toEqual([])
  expect(inspections.flatMap(({ findings }) => findings)).toEqual([])
  return inspections.reduce((sum, { summary }) => sum + (summary.video?.samples ?? 0), 0)
}

describe('a clip', () => {
  it('ends with the fragment that reaches its length', async () => {
    const { client, path, directory } = await camera()
    const steps: RecordStep['step'][] = []
    const report = await recordClip({
      client,
      path,
      durationMs: 8001,
      isNow: true,
      onProgress: ({ step }) => steps.push(step),
    })
    expect(steps).toEqual(['opened', 'fragment', 'fragment', 'fragment'])
    expect(report).toMatchObject({
      path,
      durationMs: 12_000,
      isComplete: true,
      endedBy: 'hub',
      reason: 'normal',
      findings: [],
    })
    expect(report).not.toHaveProperty('beforeMotionMs')
    expect(report).not.toHaveProperty('motionAt')
    expect(report.fragments).toEqual(
      [0, 4000, 8000].map((startMs, i) => ({
        sequence: i + 2,
        startMs,
        durationMs: 4000,
        bytes: media.fragments[i]?.length,
        chunks: 1,
        videoSamples: 120,
        audioSamples: 125,
      })),
    )
    expect(expectPlayable(path)).toBe(360)
    expect(readFileSync(path)).toEqual(Buffer.concat([media.init, ...media.fragments.slice(0, 3)]))
    expect(report.bytes).toBe(readFileSync(path).length)
    expect(readdirSync(directory)).toEqual(['clip.mp4'])
  })

  it('counts from its own beginning, whatever the camera counts from', async () => {
    const { client, path } = await camera(recordingOf(3, { startSeconds: 3600 }))
    const report = await recordClip({ client, path, durationMs: 8000, isNow: true })
    expect(report.durationMs).toBe(8000)
    expect(report.fragments.map(({ startMs }) => startMs)).toEqual([0, 4000])
  })

  it('waits for motion, listening before it asks', async () => {
    const { accessory, client, path } = await camera()
    const steps: RecordStep['step'][] = []
    const before = Date.now()
    const report = await recordClip({
      client,
      path,
      durationMs: 4000,
      onProgress({ step }) {
        steps.push(step)
        const motion = iidOf(accessory.services, 60, 'motionDetected')
        if (step !== 'waiting') return
        accessory.change(motion, false)
        accessory.change(motion, 1)
      },
    })
    expect(steps).toEqual(['waiting', 'motion', 'opened', 'fragment'])
    expect(Date.parse(report.motionAt ?? '')).toBeGreaterThanOrEqual(before)
    // The prebuffer came at once: all of it is older than the motion, but for the time it took.
    expect(report.beforeMotionMs).toBeGreaterThan(0)
    expect(report.beforeMotionMs).toBeLessThanOrEqual(4000)
  })

  it('does not begin with the motion of another sensor', async () => {
    const { accessory, client, path } = await camera()
    const other = iidOf(accessory.services, 20, 'motionDetected')
    const characteristic = client.database.find(1, other)
    if (characteristic === undefined) throw new Error('no other sensor')
    await client.subscribe(characteristic)
    const steps: RecordStep['step'][] = []
    let recorded: Promise<unknown> = Promise.resolve()
    await new Promise<void>(resolve => {
      recorded = recordClip({
        client,
        path,
        durationMs: 4000,
        onProgress({ step }) {
          steps.push(step)
          if (step === 'waiting') resolve()
        },
      })
    })
    accessory.change(other, true)
    // The answer comes behind the event.
    await client.read([characteristic])
    expect(steps).toEqual(['waiting'])
    accessory.change(iidOf(accessory.services, 60, 'motionDetected'), true)
    await recorded
  })

  it('does not wait for a motion that began before', async () => {
    const { accessory, client, path } = await camera()
    accessory.characteristic(iidOf(accessory.services, 60, 'motionDetected')).value = true
    const report = await recordClip({ client, path, durationMs: 4000 })
    expect(report.isComplete).toBe(true)
  })

  it('is shorter when the camera ends it in order', async () => {
    const world = await connect()
    world.accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(media)
      stream.sendFragments(media.fragments.slice(0, 2), { endOfStream: true })
    }
    const path = join(temporaryDirectory(), 'clip.mp4')
    const report = await recordClip({
      client: world.client,
      path,
      durationMs: 60_000,
      isNow: true,
    })
    expect(report).toMatchObject({
      durationMs: 8000,
      isComplete: true,
      endedBy: 'camera',
      reason: 'endOfStream',
    })
  })

  it('replaces one of the same name, and what a crash left of it', async () => {
    const { client, path, directory } = await camera()
    writeFileSync(path, 'old')
    writeFileSync(`${path}.part`, 'x'.repeat(100_000))
    await recordClip({ client, path, durationMs: 4000, isNow: true })
    expect(expectPlayable(path)).toBe(120)
    expect(readdirSync(directory)).toEqual(['clip.mp4'])
  })

  it('says what is wrong with it', async () => {
    const [first, , third] = media.fragments
    if (first === undefined || third === undefined) throw new Error('no fragments')
    const { client, path } = await camera({ ...media, fragments: [first, third] })
    const { findings } = await recordClip({ client, path, durationMs: 8000, isNow: true })
    expect(findings.map(({ rule }) => rule)).toContain('sequence-number')
  })
})

describe('a clip that breaks off', () => {
  it.each<[string, (world: World, stream: CameraStream) => void, object]>([
    [
      'with the data stream',
      (_, stream) => stream.socket.end(),
      { endedBy: 'connection', reason: 'connection lost' },
    ],
    [
      'with the HAP connection',
      ({ accessory }) => accessory.sessions[0]?.socket.end(),
      { endedBy: 'connection', reason: 'connection lost' },
    ],
    [
      'with a camera that is switched off',
      (_, stream) => stream.end('notAllowed'),
      { endedBy: 'camera', reason: 'notAllowed' },
    ],
  ])('%s plays up to there', async (_name, fault, end) => {
    const { accessory, client, path, directory, paired } = await camera()
    const report = await recordClip({
      client,
      path,
      durationMs: 60_000,
      isNow: true,
      onProgress(step) {
        const [stream] = accessory.recorder.streams
        if (step.step !== 'fragment' || step.fragment.sequence !== 5) return
        if (stream !== undefined) fault({ accessory, client, paired }, stream)
      },
    })
    expect(report).toMatchObject({ isComplete: false, durationMs: 16_000, ...end })
    expect(expectPlayable(path)).toBe(480)
    expect(readdirSync(directory)).toEqual(['clip.mp4'])
  })

  it('in the middle of a fragment plays up to the one before', async () => {
    // Five chunks a fragment.
    const large = recordingOf(3, { pictureLength: 10_000 })
    const [first, second, third] = large.fragments
    if (!first || !second || !third) throw new Error('no fragments')
    const given = { ...large, fragments: [first, second] }
    const { client, path, directory } = await camera(given, stream => stream.breakOff(third))
    const report = await recordClip({ client, path, durationMs: 60_000, isNow: true })
    expect(report).toMatchObject({ isComplete: false, endedBy: 'connection', durationMs: 8000 })
    expect(readFileSync(path).equals(Buffer.concat([large.init, first, second]))).toBe(true)
    expect(expectPlayable(path)).toBe(240)
    expect(readdirSync(directory)).toEqual(['clip.mp4'])
  })

  it('by the signal plays up to there', async () => {
    const { accessory, client, path } = await camera()
    const stop = new AbortController()
    const report = await recordClip({
      client,
      path,
      durationMs: 60_000,
      isNow: true,
      signal: stop.signal,
      onProgress: step => {
        if (step.step === 'fragment' && step.fragment.sequence === 3) stop.abort()
      },
    })
    expect(report).toMatchObject({ isComplete: false, endedBy: 'hub', reason: 'cancelled' })
    expect(expectPlayable(path)).toBe(240)
    expect(await accessory.recorder.streams[0]?.hears('recording-closed')).toMatchObject({
      reason: dataSendReason.cancelled,
    })
  })
})

it('what is wrong on our side is not taken for the end of a clip, which is kept', async () => {
  const { client, path } = await camera()
  const recorded = recordClip({
    client,
    path,
    durationMs: 60_000,
    isNow: true,
    onProgress({ step }) {
      if (step === 'fragment') throw new Error('ours')
    },
  })
  await expect(recorded).rejects.toThrow('ours')
  expect(expectPlayable(path)).toBe(120)
})

describe('no clip', () => {
  it('is left when nobody waits for motion any more', async () => {
    const { accessory, client, path, directory } = await camera()
    const stop = new AbortController()
    const recorded = recordClip({
      client,
      path,
      durationMs: 4000,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('stopped')),
    })
    await expect(recorded).rejects.toThrow('stopped')
    expect(readdirSync(directory)).toEqual([])
    expect(accessory.recorder.streams).toEqual([])
  })

  it('is left when the connection breaks off before motion', async () => {
    const { accessory, client, path, directory } = await camera()
    const recorded = recordClip({
      client,
      path,
      durationMs: 4000,
      onProgress: () => accessory.sessions[0]?.socket.destroy(),
    })
    await expect(recorded).rejects.toMatchObject({ code: 'HUB_CONNECTION_LOST' })
    expect(readdirSync(directory)).toEqual([])
  })

  it('is left when the camera refuses', async () => {
    const { accessory, client, path, directory } = await camera()
    accessory.recorder.onRequested = stream => stream.refuse(dataSendReason.notAllowed)
    const recorded = recordClip({ client, path, durationMs: 4000, isNow: true })
    await expect(recorded).rejects.toMatchObject({ code: 'HUB_RECORDING_REFUSED' })
    expect(readdirSync(directory)).toEqual([])
  })

  it('is left when the camera sends no media', async () => {
    const empty = { ...media, fragments: [] }
    const { client, path, directory } = await camera(empty, stream =>
      stream.end('unexpectedFailure'),
    )
    const recorded = recordClip({ client, path, durationMs: 4000, isNow: true })
    await expect(recorded).rejects.toMatchObject({
      code: 'HUB_NO_MEDIA',
      message: expect.stringContaining('unexpectedFailure'),
    })
    expect(readdirSync(directory)).toEqual([])
  })

  it.each([
    [
      'a directory that does not exist',
      (directory: string) => join(directory, 'no', 'clip.mp4'),
      /no such directory/,
    ],
    ['a directory', (directory: string) => directory, /it is a directory/],
  ])('is asked for at %s, before anything is recorded', async (_name, at, message) => {
    const { accessory, client, directory } = await camera()
    const recorded = recordClip({ client, path: at(directory), durationMs: 4000, isNow: true })
    await expect(recorded).rejects.toMatchObject({
      code: 'HUB_CLIP_UNWRITABLE',
      message: expect.stringMatching(message),
    })
    expect(accessory.recorder.streams).toEqual([])
  })

  it('is left when the disk is full', async () => {
    const { client, path, directory } = await camera()
    symlinkSync('/dev/full', `${path}.part`)
    const recorded = recordClip({ client, path, durationMs: 4000, isNow: true })
    await expect(recorded).rejects.toMatchObject({
      code: 'HUB_CLIP_UNWRITABLE',
      message: expect.stringContaining('the disk is full'),
    })
    expect(readdirSync(directory)).toEqual([])
  })
})
