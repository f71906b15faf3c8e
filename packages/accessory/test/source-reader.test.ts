import { MediaError, systemClock, type WantedStream } from '@hksv/media'
import { expect, test } from 'vitest'

import { SourceReader } from '../src/camera/source-reader.ts'
import { HandSource } from './support/hand-source.ts'
import { pass, settled, virtualTime } from './support/virtual-hub.ts'

async function reading() {
  virtualTime()
  const source = await HandSource.open()
  const failures: string[] = []
  const failed = (message: string) => void failures.push(message)
  const said: string[] = []
  const say = (_: unknown, sentence = String(_)) => void said.push(sentence)
  const log = { debug() {}, info: say, warn: say, error: say }
  const random = () => 0
  const reader = new SourceReader({ source, log, clock: systemClock, failed, random })
  /** Notes what it is told. */
  const listen = (wanted?: WantedStream) => {
    const told: (string | number)[] = []
    const stop = reader.listen(
      {
        began: ({ video }) => void told.push(`began ${video.width}`),
        sample: ({ decodeTime }) => void told.push(decodeTime),
        ended: () => void told.push('ended'),
      },
      wanted,
    )
    return { told, stop }
  }
  return { source, reader, failures, listen, said }
}

const wantedOf = (width: number): WantedStream => ({
  video: { codec: 'h264', width, height: 720, framesPerSecond: 30 },
})

test('reads once for all, and whoever comes later hears what it is', async () => {
  const { source, listen, reader } = await reading()
  const first = listen()
  await settled()
  source.keyFrame(0)
  await settled()
  const second = listen()
  source.keyFrame(1000)
  await settled()
  expect(first.told).toEqual(['began 1280', 0, 1000])
  expect(second.told).toEqual(['began 1280', 1000])
  expect(source.starts.size).toBe(1)
  first.stop()
  source.keyFrame(2000)
  await settled()
  expect(first.told).toHaveLength(3)
  expect(second.told.at(-1)).toBe(2000)
  second.stop()
  await reader.close()
})

test('lets the source go with the last who listens, and begins anew with the next', async () => {
  const { source, listen } = await reading()
  const first = listen()
  await settled()
  first.stop()
  const second = listen()
  await settled()
  source.keyFrame(0)
  await settled()
  expect(second.told).toEqual(['began 1280', 0])
  expect(first.told).toEqual(['began 1280'])
  expect(source.starts.size).toBe(2)
})

test('reads each encoding by itself', async () => {
  const { source, listen, reader } = await reading()
  listen(wantedOf(1920))
  listen(wantedOf(1920))
  const small = listen(wantedOf(640))
  await settled()
  expect(source.wanted.map(wanted => wanted?.video.width)).toEqual([1920, 640])
  expect(small.told).toEqual(['began 1280'])
  await reader.close()
})

test('tells all when it is over, and starts again, ever later', async () => {
  const { source, listen, failures } = await reading()
  const { told } = listen()
  await settled()
  source.fail(new Error('unplugged'))
  await settled()
  expect(failures).toEqual(['The source failed: unplugged'])
  await pass(1000)
  source.end()
  await settled()
  await pass(1999)
  expect(told).toEqual(['began 1280', 'ended', 'began 1280', 'ended'])
  await pass(1)
  expect(told.at(-1)).toBe('began 1280')
  source.resize(640)
  await pass(4000)
  expect(told.slice(-2)).toEqual(['ended', 'began 640'])
  expect(failures).toHaveLength(2)
})

test('waits for nothing any more when it is closed', async () => {
  const { source, listen, reader } = await reading()
  listen()
  await settled()
  source.fail(new Error('unplugged'))
  await settled()
  await reader.close()
  await pass(60_000)
  expect(source.starts.size).toBe(1)
})

test('says the same once in ten minutes, and that it is over', async () => {
  const { source, listen, failures, said } = await reading()
  listen()
  await settled()
  for (let i = 0; i < 40; i++) {
    source.fail(new Error('unplugged'))
    await settled()
    await pass(30_000)
  }
  expect(failures).toHaveLength(40)
  expect(said.filter(line => line.includes('unplugged'))).toHaveLength(2)
  source.keyFrame(0)
  await settled()
  source.keyFrame(1000)
  await settled()
  expect(said.filter(line => line.includes('there again'))).toEqual([
    expect.stringMatching(/after \d+ s\.$/),
  ])
})

test('does not ask a camera soon that has refused us', async () => {
  const { source, listen } = await reading()
  listen()
  await settled()
  source.fail(new MediaError('MEDIA_RTSP_AUTH'))
  await settled()
  await pass(9999)
  expect(source.starts.size).toBe(1)
  await pass(1)
  expect(source.starts.size).toBe(2)
})

test('begins with what the source says of the encoding', async () => {
  const { source, listen } = await reading()
  source.describes = wanted => ({ width: wanted?.video.width ?? 1280 })
  const [large, small] = [listen(wantedOf(1920)), listen(wantedOf(640))]
  await settled()
  expect([large.told, small.told]).toEqual([['began 1920'], ['began 640']])
})
