import { isMediaError, openSource } from '@hksv/media'
import { beforeAll, expect, onTestFinished, test } from 'vitest'

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

function never(): never {
  throw new Error('no picture')
}
