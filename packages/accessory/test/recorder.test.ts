import type { Fragment } from '@hksv/fmp4'
import { expect, test } from 'vitest'

import type { Recorder } from '../src/recording/recorder.ts'
import { Mailbox } from './client.ts'
import type { HandSource } from './support/hand-source.ts'
import { pass, runningRecorder, settled, virtualTime } from './support/virtual-hub.ts'

/** Reads what a recorder gives, and in the end why it gave no more. */
function follow(recorder: Recorder, prebufferMs: number, signal = new AbortController().signal) {
  const fragments = new Mailbox<Fragment>()
  const ended = (async () => {
    try {
      const recording = recorder.record({ prebufferMs, withAudio: false, signal })
      for await (const { fragment } of recording.fragments) fragments.push(fragment)
      return 'aborted'
    } catch (error) {
      return error
    } finally {
      fragments.end()
    }
  })()
  return { fragments, ended }
}

/** A running recorder in virtual time, and a way to let key frames come as time passes. */
async function running(prebufferLengthMs?: number) {
  virtualTime()
  const made = await runningRecorder(prebufferLengthMs)
  return { ...made, keyFrames: keyFramesOf(made.source) }
}

/** Key frames at these times, in milliseconds from when it is called first. */
function keyFramesOf(source: HandSource) {
  let last = 0
  return async (...times: number[]) => {
    for (const time of times) {
      await pass(time - last)
      last = time
      source.keyFrame(time)
      await settled()
    }
  }
}

test('gives the last seconds first, oldest first, then what comes', async () => {
  const { recorder, keyFrames } = await running(11_000)
  await keyFrames(0, 4000, 8000, 12_000, 13_000)
  const four = follow(recorder, 4000)
  const eleven = follow(recorder, 11_000)
  const none = follow(recorder, 0)
  expect((await four.fragments.next()).startMs).toBe(8000)
  expect((await eleven.fragments.next()).startMs).toBe(0)
  expect((await eleven.fragments.next()).startMs).toBe(4000)
  expect((await eleven.fragments.next()).startMs).toBe(8000)
  await settled()
  expect([four, eleven, none].map(({ fragments }) => fragments.size)).toEqual([0, 0, 0])
  await keyFrames(16_000)
  for (const { fragments } of [four, eleven, none]) {
    expect(await fragments.next()).toMatchObject({ startMs: 12_000 })
  }
})

test('cuts at the next key frame for whoever finds nothing, and not otherwise', async () => {
  const { recorder, keyFrames } = await running()
  await keyFrames(0, 1000)
  const { fragments } = follow(recorder, 4000)
  await keyFrames(2000, 3000, 4000, 5000, 6000)
  expect(await fragments.next()).toMatchObject({ startMs: 0, durationMs: 2000 })
  const { fragments: second } = follow(recorder, 4500)
  expect(await second.next()).toMatchObject({ startMs: 0, durationMs: 2000 })
  await keyFrames(7000)
  for (const reader of [fragments, second]) {
    expect(await reader.next()).toMatchObject({ startMs: 2000, durationMs: 4000 })
  }
})

test('a reader stops when it is told to', async () => {
  const { recorder, keyFrames } = await running()
  await keyFrames(0)
  const stop = new AbortController()
  const { ended } = follow(recorder, 4000, stop.signal)
  await settled()
  stop.abort()
  expect(await ended).toBe('aborted')
})

test('a source that breaks off ends its readers and is started again, ever later', async () => {
  const { recorder, source, keyFrames, failures } = await running()
  await keyFrames(0, 4000, 8000)
  expect(recorder.prebufferBytes).toBe(2)
  const reader = follow(recorder, 10_000)
  source.fail(new Error('unplugged'))
  expect(await reader.ended).toMatchObject({
    code: 'SOURCE_FAILED',
    message: 'The source broke off.',
  })
  expect(reader.fragments.size).toBe(2)
  expect(recorder.prebufferBytes).toBe(0)
  for (const waitMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    await pass(waitMs - 1)
    expect(source.starts.size).toBe(0)
    await pass(1)
    expect(source.starts.size).toBe(1)
    await source.starts.next()
    source.end()
    await settled()
  }
  const ended = Array(7).fill('The source ended; it is started again.')
  expect(failures).toEqual(['The source failed: unplugged', ...ended])
})

test('what comes after the break begins anew, for readers that wait already too', async () => {
  const { recorder, source, keyFrames } = await running()
  await keyFrames(0, 4000)
  source.fail(new Error('unplugged'))
  await settled()
  const { fragments } = follow(recorder, 4000)
  await pass(1000)
  const keyFramesAgain = keyFramesOf(source)
  await keyFramesAgain(0, 2000, 4000)
  expect(await fragments.next()).toMatchObject({ startMs: 0 })
})

test('a source that ran for half a minute is started again after a second', async () => {
  const { source } = await running()
  source.end()
  await pass(1000)
  source.end()
  await pass(2000)
  expect(source.starts.size).toBe(2)
  await pass(30_001)
  source.end()
  await pass(1000)
  expect(source.starts.size).toBe(3)
})

test('stops, forgets, and can be started again', async () => {
  const { recorder, source, keyFrames, failures } = await running()
  await keyFrames(0, 4000)
  const { ended } = follow(recorder, 0)
  await settled()
  await recorder.stop()
  expect(await ended).toMatchObject({ code: 'SOURCE_FAILED' })
  expect(recorder.prebufferBytes).toBe(0)
  await pass(60_000)
  expect([source.starts.size, failures]).toEqual([0, []])
  recorder.start()
  recorder.start()
  await settled()
  expect(source.starts.size).toBe(1)
})

test('stops while it waits to start the source again', async () => {
  const { recorder, source } = await running()
  source.end()
  await settled()
  await recorder.stop()
  await pass(60_000)
  expect(source.starts.size).toBe(0)
})

test('a source that changes its parameters goes on at once, with another init segment', async () => {
  const { source, recorder, failures, keyFrames } = await running()
  await keyFrames(0, 4000)
  const { fragments, ended } = follow(recorder, 4000)
  expect((await fragments.next()).startMs).toBe(0)
  const { signal } = new AbortController()
  const options = { prebufferMs: 4000, withAudio: false, signal }
  const { init } = recorder.record(options)
  expect(recorder.record(options).init).toBe(init)
  source.resize(640)
  await source.starts.next()
  expect(await ended).toMatchObject({ code: 'SOURCE_FAILED' })
  expect(failures).toEqual([])
  expect(recorder.prebufferBytes).toBe(0)
  const other = recorder.record(options)
  expect(other.description.video.width).toBe(640)
  expect(other.init).not.toEqual(init)
})

test('a source that changes all the time is slowed down', async () => {
  const { source } = await running()
  for (const wait of [1000, 2000, 4000]) {
    source.resize(wait)
    await pass(wait - 1)
    expect(source.starts.size).toBe(0)
    await pass(1)
    await source.starts.next()
  }
})

const wantedOf = (width: number) => ({
  video: { codec: 'h264', width, height: 720, framesPerSecond: 30 } as const,
})

test('asks the source for what is wanted, and again when that is something else', async () => {
  const { source, recorder, keyFrames } = await running()
  await keyFrames(0, 4000)
  recorder.want(wantedOf(1280))
  await source.starts.next()
  expect(recorder.prebufferBytes).toBe(0)
  recorder.want(wantedOf(1280))
  await settled()
  expect(source.starts.size).toBe(0)
  expect(source.wanted.map(wanted => wanted?.video.width)).toEqual([undefined, 1280])
})

test('whoever reads goes on with what was wanted when it began', async () => {
  const { source, recorder, keyFrames } = await running()
  await keyFrames(0, 4000)
  const stop = new AbortController()
  const first = follow(recorder, 4000, stop.signal)
  const second = follow(recorder, 4000)
  await first.fragments.next()
  await second.fragments.next()
  recorder.want(wantedOf(640))
  await keyFrames(8000)
  await first.fragments.next()
  stop.abort()
  await first.ended
  expect(source.starts.size).toBe(0)
  expect((await second.fragments.next()).startMs).toBe(4000)
  await recorder.stop()
  await second.ended
  recorder.start()
  await source.starts.next()
  expect(source.wanted.at(-1)?.video.width).toBe(640)
})

test('the prebuffer begins anew when the last reader is done', async () => {
  const { source, recorder, keyFrames } = await running()
  await keyFrames(0, 4000)
  const stop = new AbortController()
  const { fragments, ended } = follow(recorder, 4000, stop.signal)
  await fragments.next()
  recorder.want(wantedOf(640))
  stop.abort()
  await ended
  await source.starts.next()
  expect(source.wanted.at(-1)?.video.width).toBe(640)
})

test('says once that what comes is not what was selected', async () => {
  const { source, recorder, said } = await running()
  for (const width of [1280, 640, 1280, 640]) {
    recorder.want(wantedOf(width))
    await source.starts.next()
  }
  expect(said).toEqual([
    'The hub selected h264 of 640x720, and gets h264 of 1280x720 as it comes from the source.',
  ])
})
