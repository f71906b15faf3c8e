import { isMediaError, openSource } from '@hksv/media'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'

import { ClipDirectory, describeWithFfmpeg, frameHashes, h264, pattern } from './support/ffmpeg.ts'
import { expectWhole, recordTakes } from './support/recorder.ts'
import {
  picturesOf,
  ReplayCamera,
  type ReplayFaults,
  type ReplayPicture,
} from './support/replay-camera.ts'
import { type Pass, TcpProxy } from './support/tcp-proxy.ts'

/** The same numbers each time. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** @returns The address of a proxy in front of a camera. */
async function proxy(to: string, pass: Pass): Promise<string> {
  const opened = await TcpProxy.open(Number(new URL(to).port))
  onTestFinished(() => opened[Symbol.asyncDispose]())
  opened.pass = pass
  return opened.url
}

describeWithFfmpeg('an RTSP camera in trouble', () => {
  const clips = new ClipDirectory()
  let pictures: ReplayPicture[] = []
  let others: ReplayPicture[] = []
  let known: ReadonlySet<string> = new Set()
  beforeAll(() => {
    const one = clips.make('one.mp4', [...pattern({ seconds: 4 }), '-an', ...h264(15)])
    const two = clips.make('two.mp4', [...pattern({ size: '320x240' }), '-an', ...h264(15)])
    pictures = picturesOf(one)
    others = picturesOf(two)
    known = new Set([...frameHashes(one, 'v'), ...frameHashes(two, 'v')])
  })

  async function camera(faults: ReplayFaults = {}): Promise<ReplayCamera> {
    const opened = await ReplayCamera.open(pictures, faults)
    onTestFinished(() => opened[Symbol.asyncDispose]())
    return opened
  }

  async function source(url: string, notes: string[] = []) {
    const opened = await openSource(url, { note: note => notes.push(note) })
    onTestFinished(() => opened[Symbol.asyncDispose]())
    return opened
  }

  test('that is well', async () => {
    const opened = await source((await camera()).url)
    const takes = await recordTakes(opened, 5)
    expect(takes).toHaveLength(1)
    expectWhole(takes, clips, known)
    expect(opened.health).toMatchObject({
      isWell: true,
      reconnects: 0,
      packetsLost: 0,
      picturesDropped: 0,
    })
  })

  test.each([
    ['closes the connection', 'cut', 'MEDIA_RTSP_ENDED'],
    ['says goodbye', 'bye', 'MEDIA_RTSP_ENDED'],
  ] as const)('that %s', async (_, how, code) => {
    const opened = await source((await camera({ end: { after: 40, how } })).url)
    const takes = await recordTakes(opened, 5)
    expect(takes.length).toBeGreaterThan(1)
    const errors = takes.slice(0, -1).map(({ error }) => isMediaError(error) && error.code)
    expect(new Set(errors)).toEqual(new Set([code]))
    expectWhole(takes, clips, known)
    expect(opened.health?.reconnects).toBe(takes.length - 1)
  })

  test('that loses one packet in twenty over TCP, and says so once', async () => {
    const random = seeded(7)
    const notes: string[] = []
    const lossy = await camera({ alter: packet => (random() < 0.05 ? [] : [packet]) })
    const opened = await source(lossy.url, notes)
    expectWhole(await recordTakes(opened, 5), clips, known)
    expect(opened.health?.packetsLost).toBeGreaterThan(0)
    expect(opened.health?.picturesDropped).toBeGreaterThan(0)
    expect(notes.filter(note => note.includes('are lost on the way'))).toHaveLength(1)
  })

  test('that loses, repeats and exchanges datagrams', async () => {
    const random = seeded(11)
    let held: Uint8Array | undefined
    const alter = (packet: Uint8Array) => {
      const what = random()
      if (what < 0.05) return []
      if (what < 0.1) return [packet, packet]
      if (what < 0.2 && held === undefined) {
        held = packet
        return []
      }
      const sent = held === undefined ? [packet] : [packet, held]
      held = undefined
      return sent
    }
    const lossy = await camera({ alter })
    const opened = await source(lossy.url.replace('rtsp:', 'rtspu:'))
    expectWhole(await recordTakes(opened, 5), clips, known)
    expect(new Set(lossy.transports)).toEqual(new Set(['udp']))
    expect(opened.health?.packetsLost).toBeGreaterThan(0)
  })

  test('that changes its parameter sets without a word', async () => {
    // The first pictures are those that open the source.
    const at = (i: number) => (i < 60 ? pictures[i % 60] : others[(i - 60) % others.length])
    const opened = await source((await camera({ pictures: i => at(i) ?? never() })).url)
    const takes = await recordTakes(opened, 5)
    expect(takes.length).toBeGreaterThan(1)
    expect(takes[0]?.error).toBeUndefined()
    expect(opened.description.video).toMatchObject({ width: 160 })
    expectWhole(takes, clips, known)
  })

  test.each([
    ['forward', 100_000_000],
    ['back', -100_000_000],
  ])('that sets its clock %s', async (_, jump) => {
    const jumping = await camera({ timestamp: (time, i) => (i < 37 ? time : time + jump) >>> 0 })
    const opened = await source(jumping.url)
    const takes = await recordTakes(opened, 5)
    expect(takes).toHaveLength(1)
    expectWhole(takes, clips, known)
  })

  test('whose bytes come one at a time', async () => {
    const url = await proxy((await camera()).url, (chunk, client) => {
      for (const byte of chunk) client.write(Uint8Array.of(byte))
    })
    expectWhole(await recordTakes(await source(url), 2), clips, known)
  })

  test('whose network breaks off in the middle of a packet', async () => {
    let left = 30_000
    const url = await proxy((await camera()).url, (chunk, client, count) => {
      // The first connection opens the source.
      const part = count === 1 ? chunk.subarray(0, left) : chunk
      client.write(part)
      if (count !== 1) return
      left -= part.length
      if (left === 0) client.destroy()
    })
    const takes = await recordTakes(await source(url), 8)
    expect(takes.map(({ error }) => isMediaError(error) && error.code)).toEqual([
      'MEDIA_RTSP_ENDED',
      false,
    ])
    expectWhole(takes, clips, known)
  })

  test('that sends nothing over TCP any more, and later nothing over UDP', async () => {
    const faults: { mute: 'tcp' | 'udp'; end: NonNullable<ReplayFaults['end']> } = {
      mute: 'tcp',
      end: { after: 40, how: 'cut' },
    }
    const muted = await camera(faults)
    const notes: string[] = []
    const opened = await source(muted.url, notes)
    expect(muted.transports).toEqual(['tcp', 'udp'])
    faults.mute = 'udp'
    expectWhole(await recordTakes(opened, 2), clips, known)
    expect(muted.transports.slice(2, 4)).toEqual(['udp', 'tcp'])
    expect(notes).toEqual([expect.stringContaining('sends nothing over UDP; TCP is tried')])
  })

  test('whose key frames are too rare for clips', async () => {
    const slow = await camera({ pictures: i => tenfold(pictures[i % 60] ?? never()) })
    const notes: string[] = []
    await recordTakes(await source(slow.url, notes), 5)
    expect(notes).toEqual([
      expect.stringMatching(/sends a key frame only every 10 s.*set its key frame interval/),
    ])
  })

  test('whose packets make no pictures any more', async () => {
    const [, other] = pictures
    const broken = await camera({
      pictures: i => (i < 40 ? pictures[i] : other) ?? never(),
      alter: (packet, index) => (index === 60 ? [] : [packet]),
    })
    const opened = await source(broken.url)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    let failed: unknown
    const ended = recordTakes(opened, Number.POSITIVE_INFINITY, cause => {
      failed = cause
    })
    for (let second = 0; failed === undefined; second++) {
      expect(second).toBeLessThan(30)
      await vi.advanceTimersByTimeAsync(1000)
      // Packets go on coming.
      const packets = opened.health?.packets ?? 0
      while (failed === undefined && (opened.health?.packets ?? 0) <= packets) await turn()
    }
    expect(failed).toMatchObject({
      code: 'MEDIA_RTSP_TIMEOUT',
      message: expect.stringContaining('its packets make no pictures'),
    })
    expectWhole(await ended, clips, known)
    expect(opened.health).toMatchObject({ isWell: false })
  })

  test('whose reader falls behind', async () => {
    const path = clips.make('big.mp4', [
      ...pattern({ seconds: 2, size: '1280x720' }),
      ...['-an', ...h264(15), '-crf', '1'],
    ])
    const big = picturesOf(path)
    const flooding = await camera({ pictures: i => big[i % big.length] ?? never() })
    const opened = await source(flooding.url)
    const dropped = () => opened.health?.picturesDropped ?? 0
    let isSlow = true
    const takes = await recordTakes(opened, 20, undefined, async () => {
      while (isSlow && dropped() < 30) await turn()
      isSlow = false
    })
    expect(takes).toHaveLength(1)
    expect(dropped()).toBeGreaterThanOrEqual(30)
    // All in one: it is the gap between them that matters.
    const whole = takes.map(take => ({ ...take, fragments: [Buffer.concat(take.fragments)] }))
    expectWhole(whole, clips, new Set(frameHashes(path, 'v')))
  })

  test('that refuses us is not asked for each picture', async () => {
    let status: number | undefined
    const refusing = await camera({
      reply: ({ method }) => (method === 'DESCRIBE' && status !== undefined ? { status } : {}),
    })
    const opened = await source(refusing.url)
    status = 404
    const take = () => opened.snapshot({ width: 320, height: 240 }, AbortSignal.timeout(10_000))
    await expect(take()).rejects.toMatchObject({ code: 'MEDIA_RTSP_REFUSED' })
    const asked = refusing.methods.length
    await expect(take()).rejects.toMatchObject({ code: 'MEDIA_RTSP_REFUSED' })
    expect(refusing.methods).toHaveLength(asked)
  })

  test('that allows one transport only', async () => {
    const muted = await camera({ mute: 'udp' })
    const tcpOnly = await source(muted.url.replace('rtsp:', 'rtspt:'))
    expectWhole(await recordTakes(tcpOnly, 1), clips, known)
    expect(new Set(muted.transports)).toEqual(new Set(['tcp']))
    const refusing = await camera({
      reply: ({ method }) => (method === 'SETUP' ? { status: 461 } : {}),
    })
    await expect(openSource(refusing.url.replace('rtsp:', 'rtspu:'))).rejects.toMatchObject({
      code: 'MEDIA_RTSP_REFUSED',
    })
    expect(refusing.transports).toEqual(['udp'])
  })
})

/** Lets others go on. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

function tenfold(picture: ReplayPicture): ReplayPicture {
  return { ...picture, step: picture.step * 10 }
}

function never(): never {
  throw new Error('no picture')
}
